using Fairlead.Containerd;
using Fairlead.Node.Host;
using Fairlead.Node.Installation.CriProxies;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>The unit that <c>fairlead cri-proxy install</c> writes, in front of a real containerd: what it starts answers before it says so.</summary>
public sealed class CriProxyServiceTests(SilentCriProxy fixture) : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-unit-");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task The_units_own_words_start_a_proxy_that_answers_when_it_says_that_it_is_ready()
    {
        Assert.SkipWhen(ContainerdProcess.MissingBecauseOf(Peer.Containerd) is not null, ContainerdProcess.MissingBecauseOf(Peer.Containerd) ?? "");
        string kubelet = Directory.CreateDirectory(_folder.FullName + "/var/lib/kubelet").FullName, socket = _folder.FullName + "/run/cri.sock";
        await File.WriteAllTextAsync(kubelet + "/config.yaml", $"containerRuntimeEndpoint: unix://{fixture.Containerd.Socket}\n", Ct);
        byte[] unit = CriProxyPlan.Of(new() { Root = new HostRoot(_folder.FullName), Program = Repository.Command }).Files[0].After;
        string line = System.Text.Encoding.UTF8.GetString(unit).Split('\n').Single(static each => each.StartsWith("ExecStart=", StringComparison.Ordinal));
        string[] words = line["ExecStart=".Length..].Replace(CriProxyUnit.Socket, "unix://" + socket, StringComparison.Ordinal).Split(' ');
        using ServiceKeeper keeper = new();
        await using RunningProcess proxy = keeper.Start(words[0], [.. words[1..], "--state-dir", _folder.FullName + "/state"]);
        while (!(await keeper.HearAsync(Ct)).Contains("READY=1"))
        {
            // it may say more of itself
        }

        (string description, bool isNative) = await RuntimeProbe.AskAsync(UnixSocketAddress.Parse(socket), new CriRuntimeOptions(), Ct);
        Assert.StartsWith("containerd 1.6", description, StringComparison.Ordinal);
        Assert.True(isNative); // the task API passes through it as well
        Assert.Equal(0, await proxy.TerminateAsync(Ct));
        Assert.Contains("STOPPING=1", await keeper.HearAsync(Ct));
        Assert.False(File.Exists(socket));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
