using Fairlead.Client;
using Fairlead.KubeConfig;
using Fairlead.Processes.Lab;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests;

/// <summary>API calls and upgrades take the same way through the proxy that the kubeconfig names.</summary>
public sealed class ProxiedSessionTests
{
    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task A_session_goes_through_the_clusters_proxy(string scheme)
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using AuthenticatingProxy proxy = new(lab.Url.Port);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-proxied-");
        try
        {
            string path = Path.Combine(folder.FullName, "kubeconfig");
            await lab.WriteKubeconfigAsync(path, Ct);
            string text = await File.ReadAllTextAsync(path, Ct);
            await File.WriteAllTextAsync(path, text.Replace("    server: ", $"    proxy-url: {scheme}://{AuthenticatingProxy.UserInfo}@{proxy.Address}\n    server: ", StringComparison.Ordinal), Ct);

            using StreamingClient client = StreamingClient.FromKubeconfig(path);
            await using RemoteProcess process = await client.ExecAsync(new("demo", "default", "shell"), ["wc", "-c"], new ExecOptions { Stdin = true }, Ct);
            await process.StandardInput.WriteAsync(new byte[1_000_000], Ct);
            await process.StandardInput.CompleteAsync();
            Assert.Equal("1000000\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
            Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
            Assert.Equal([$"127.0.0.1:{lab.Url.Port}"], proxy.Destinations);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
