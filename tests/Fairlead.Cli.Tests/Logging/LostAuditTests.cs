using System.Net;
using Fairlead.Testing;

namespace Fairlead.Cli.Tests.Logging;

/// <summary>An audit that a full disk does not take: whoever relies on it is told, by a metric while the gateway runs and by the code at its end.</summary>
[Trait("Case", "14.2")]
public sealed class LostAuditTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-audit-").FullName;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/dev/full", 1)]
    [InlineData("/dev/null", 0)]
    public async Task A_gateway_says_that_lines_of_its_audit_were_lost(string target, int code)
    {
        await using RunningProcess gateway = RunningProcess.Start("bash", [
            "-c", $"exec '{CommandProcess.Path}' gateway --upstream http://127.0.0.1:1 --upstream-checks-create --operations 127.0.0.1:0 2>{target}"]);
        string[] ready = (await gateway.Stdout!.LineAsync("ready ", Ct)).Split(' ');
        Uri url = new(ready[1]), operations = new(ready[2].Split('=')[1]);
        using HttpClient metrics = new();
        await Eventually.HoldsAsync(async () =>
        {
            await using RawWebSocket refused = await RawWebSocket.ConnectAsync(
                new IPEndPoint(IPAddress.Loopback, url.Port), "/api/v1/namespaces/ns/pods/p/exec?command=ls&stdout=1", "v5.channel.k8s.io", tls: true, cancellationToken: Ct);
            Assert.Equal(502, refused.StatusCode);
            string said = await metrics.GetStringAsync(new Uri(operations, "/metrics"), Ct);
            return code == 0 || said.Split('\n').Any(static row => row.StartsWith("fairlead_gateway_audit_failures_total{", StringComparison.Ordinal) && row[^1] != '0');
        }, "the metric says that the audit failed", cancellationToken: Ct);
        Assert.Equal(code, await gateway.TerminateAsync(Ct));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
