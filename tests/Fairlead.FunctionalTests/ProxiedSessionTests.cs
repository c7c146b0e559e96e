using Fairlead.Lab;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.FunctionalTests;

/// <summary>API calls and upgrades take the same way through the proxy that the kubeconfig names.</summary>
public sealed class ProxiedSessionTests
{
    [Theory]
    [InlineData("http", Transport.WebSocket, true, "WebSocket v5.channel.k8s.io")]
    [InlineData("http", Transport.Spdy, true, "SPDY/3.1 v4.channel.k8s.io")]
    [InlineData("http", Transport.Auto, false, "SPDY/3.1 v4.channel.k8s.io")]
    [InlineData("socks5", Transport.WebSocket, true, "WebSocket v5.channel.k8s.io")]
    [InlineData("socks5", Transport.Spdy, true, "SPDY/3.1 v4.channel.k8s.io")]
    [InlineData("socks5", Transport.Auto, false, "SPDY/3.1 v4.channel.k8s.io")]
    public async Task A_session_goes_through_the_clusters_proxy(string scheme, Transport transport, bool hasWebSocket, string connection)
    {
        await using LabServer lab = await LabServer.StartAsync(hasWebSocket ? new LabOptions() : new LabOptions { Protocols = RemoteCommandProtocol.OverSpdy }, Ct);
        await using AuthenticatingProxy proxy = new(lab.Url.Port);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-proxied-");
        try
        {
            string path = Path.Combine(folder.FullName, "kubeconfig");
            await lab.WriteKubeconfigAsync(path, Ct);
            string text = await File.ReadAllTextAsync(path, Ct);
            await File.WriteAllTextAsync(path, text.Replace("    server: ", $"    proxy-url: {scheme}://{AuthenticatingProxy.UserInfo}@{proxy.Address}\n    server: ", StringComparison.Ordinal), Ct);

            using StreamingClient client = StreamingClient.FromKubeconfig(path);
            await using RemoteProcess process = await client.ExecAsync(new("demo", "default", "shell"), ["wc", "-c"], new ExecOptions { Stdin = true, Transport = transport }, Ct);
            Assert.Equal(connection, process.Connection);
            await process.StandardInput.WriteAsync(new byte[1_000_000], Ct);
            await process.StandardInput.CompleteAsync();
            Assert.Equal("1000000\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
            Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
            Assert.NotEmpty(proxy.Destinations); // a refused WebSocket may cost a connection of its own
            Assert.All(proxy.Destinations, destination => Assert.Equal($"127.0.0.1:{lab.Url.Port}", destination));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
