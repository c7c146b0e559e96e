using System.Diagnostics;
using System.Net;

namespace Fairlead.InteropTests.Handover;

/// <summary>
/// A front that is replaced, in a network of its own: the addresses that nobody holds for it, which it has found itself, refuse no
/// connection either.
/// </summary>
public sealed class FrontHandoverTests : IDisposable
{
    const int HangUp = 1, Port = 10250;

    readonly TestAuthority _authority = new();
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-front-").FullName;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task A_reload_leaves_no_address_free_for_a_moment()
    {
        Assert.SkipWhen(NetworkRoom.MissingBecause is not null, NetworkRoom.MissingBecause ?? "");
        await using NetworkRoom room = await NetworkRoom.CreateAsync(Ct);
        using ServiceKeeper keeper = new();
        IReadOnlyList<string> line = [.. room.Inside(Repository.Command), .. Arguments(room)];
        await using RunningProcess first = keeper.Start(line[0], line.Skip(1));
        Assert.Equal(first.Id, await ServesAsync(keeper));
        using CancellationTokenSource enough = new();
        Task<(int Count, IReadOnlyList<string> Faults)> asking = AskUntilAsync(room.Far, enough.Token);
        List<int> processes = [first.Id];
        try
        {
            for (int round = 0; round < 3; round++) // a successor's successor has what it was handed itself
            {
                Assert.Equal(0, (await RunningProcess.RunAsync("kill", [$"-{HangUp}", $"{processes[^1]}"], cancellationToken: Ct)).ExitCode);
                processes.Add(await ServesAsync(keeper));
                Assert.Equal(processes.Count, processes.Distinct().Count());
            }

            Assert.Equal(0, await first.WaitForItselfAsync(Ct));
            await enough.CancelAsync();
            (int count, IReadOnlyList<string> faults) = await asking;
            Assert.Empty(faults);
            Assert.True(count > 0);
        }
        finally
        {
            await RunningProcess.RunAsync("kill", [$"{processes[^1]}"], cancellationToken: CancellationToken.None);
        }

        foreach (int id in processes.Skip(1)) await EndedAsync(id);
    }

    static async Task EndedAsync(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            await process.WaitForExitAsync(Ct);
        }
        catch (ArgumentException)
        {
            // it is gone already
        }
    }

    /// <summary>Waits until a process says that it serves.</summary>
    /// <returns>Its number.</returns>
    static async Task<int> ServesAsync(ServiceKeeper keeper)
    {
        while (true)
        {
            string[] said = await keeper.HearAsync(Ct);
            if (said.Contains("READY=1")) return int.Parse(Assert.Single(said, static line => line.StartsWith("MAINPID=", StringComparison.Ordinal))["MAINPID=".Length..]);
        }
    }

    /// <summary>Asks what nobody is asked for, over a connection of its own, again and again: no kubelet is there to answer.</summary>
    static async Task<(int Count, IReadOnlyList<string> Faults)> AskUntilAsync(string address, CancellationToken end)
    {
        List<string> faults = [];
        int count = 0;
        for (; !end.IsCancellationRequested; count++)
        {
            using SocketsHttpHandler handler = new() { UseProxy = false };
#pragma warning disable CA5359 // the test's own node, in a network of its own
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            using HttpClient http = new(handler);
            try
            {
                using HttpResponseMessage response = await http.GetAsync(new Uri($"https://{address}:{Port}/healthz"), Ct);
                if (response.StatusCode != HttpStatusCode.BadGateway) faults.Add(response.StatusCode.ToString());
            }
            catch (HttpRequestException e)
            {
                faults.Add(e.Message + " " + e.InnerException?.Message);
            }
        }

        return (count, faults);
    }

    string[] Arguments(NetworkRoom room)
    {
        (string certificate, string key) = _authority.IssueServerPem(room.Far);
        File.WriteAllText(At("node.crt"), certificate);
        File.WriteAllText(At("node.key"), key);
        File.WriteAllText(At("ca.crt"), _authority.Pem);
        File.WriteAllText(At("config.yaml"), $$"""
            kind: KubeletConfiguration
            apiVersion: kubelet.config.k8s.io/v1beta1
            port: {{Port}}
            tlsCertFile: {{At("node.crt")}}
            tlsPrivateKeyFile: {{At("node.key")}}
            authentication: { x509: { clientCAFile: {{At("ca.crt")}} } }
            """);
        (certificate, key) = _authority.IssueClient("front");
        File.WriteAllText(At("front.pem"), certificate + "\n" + key);
        return ["node", "--config", At("config.yaml"), "--cri", "unix://" + At("cri.sock"), "--kubelet-client-cert", At("front.pem"),
            "--kubelet-client-key", At("front.pem"), "--state-dir", At("state"), "--log-level", "info"];
    }

    string At(string name) => Path.Combine(_folder, name);

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
