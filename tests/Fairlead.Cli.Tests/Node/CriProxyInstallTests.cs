namespace Fairlead.Cli.Tests.Node;

/// <summary>A CRI proxy is put in and taken out again by the command, at a folder that stands for the machine's root.</summary>
public sealed class CriProxyInstallTests : IDisposable
{
    const string Program = "--program /usr/local/bin/fairlead", Unit = "/etc/systemd/system/fairlead-cri-proxy.service", Start = "enable --now fairlead-cri-proxy.service",
        Restart = "restart kubelet.service", End = "disable --now fairlead-cri-proxy.service", Line = "containerRuntimeEndpoint: unix:///run/fairlead/cri.sock\n";

    readonly NodeHost _host = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_shown_is_done_with_yes_and_taken_out_byte_for_byte_and_either_twice_is_once()
    {
        SortedDictionary<string, string> before = _host.Everything();
        string shown = await RunAsync("install", Program);
        Assert.StartsWith($"{Unit}: new file, ", shown, StringComparison.Ordinal);
        Assert.EndsWith(
            $"then:\n  systemctl daemon-reload\n  systemctl {Start}\n" +
            $"{NodeHost.Config}: line 1 (the kubelet asks the CRI proxy, and that asks unix:///run/containerd/containerd.sock)\n  + {Line}" +
            $"then:\n  systemctl {Restart}\nnothing was changed: add --yes to do it\n", shown, StringComparison.Ordinal);
        Assert.Equal(before, _host.Everything());
        Assert.Empty(_host.TakeCalls());

        Assert.EndsWith(
            "installed: the kubelet asks the CRI proxy at unix:///run/fairlead/cri.sock, and that asks unix:///run/containerd/containerd.sock\n",
            await RunAsync("install", Program + " --yes"), StringComparison.Ordinal);
        Assert.Equal(["daemon-reload", Start, Restart], _host.TakeCalls());
        Assert.StartsWith(Line, _host.Read(NodeHost.Config), StringComparison.Ordinal);
        SortedDictionary<string, string> installed = _host.Everything();
        Assert.Equal("everything is as it should be: nothing to do\n", await RunAsync("install", Program + " --yes"));
        Assert.Equal(
            $"{NodeHost.Config} is as it was before, byte for byte\nthen:\n  systemctl {Restart}\nthen:\n  systemctl {End}\n{Unit} is removed\n" +
            "then:\n  systemctl daemon-reload\nnothing was changed: add --yes to do it\n", await RunAsync("uninstall", ""));
        Assert.Empty(_host.TakeCalls());
        Assert.Equal(installed, _host.Everything());

        Assert.EndsWith("uninstalled: the kubelet asks unix:///run/containerd/containerd.sock itself\n", await RunAsync("uninstall", "--yes"), StringComparison.Ordinal);
        Assert.Equal([Restart, End, "daemon-reload"], _host.TakeCalls());
        Assert.Equal(before, _host.Everything());
        Assert.Equal("no CRI proxy is installed here: nothing to do\n", await RunAsync("uninstall", "--yes"));
        Assert.Empty(_host.TakeCalls());
    }

    [Fact]
    public async Task A_proxy_that_does_not_come_up_leaves_the_kubelet_alone_and_one_that_the_kubelet_needs_does_not_end()
    {
        SortedDictionary<string, string> before = _host.Everything();
        string configuration = _host.Read(NodeHost.Config);
        _host.FailAt(Start);
        CommandProcess.Result failed = await _host.RunAsync("install", Program + " --yes", Ct, "cri-proxy");
        Assert.Equal((1, $"error: systemctl {Start} ended with 1: mend that and run this again, or take everything back by 'fairlead cri-proxy uninstall --yes'\n"),
            (failed.ExitCode, failed.Error));
        Assert.Equal(configuration, _host.Read(NodeHost.Config));
        Assert.Equal(["daemon-reload", Start], _host.TakeCalls());
        await RunAsync("uninstall", "--yes");
        Assert.Equal([End, "daemon-reload"], _host.TakeCalls());
        Assert.Equal(before, _host.Everything());

        _host.FailAt(Restart);
        Assert.Equal(1, (await _host.RunAsync("install", Program + " --yes", Ct, "cri-proxy")).ExitCode);
        _host.TakeCalls();
        Assert.Equal(1, (await _host.RunAsync("uninstall", "--yes", Ct, "cri-proxy")).ExitCode);
        Assert.Equal(configuration, _host.Read(NodeHost.Config));
        Assert.Equal([Restart], _host.TakeCalls()); // and nothing was ended
        _host.FailAt(null);
        await RunAsync("uninstall", "--yes");
        Assert.Equal([Restart, End, "daemon-reload"], _host.TakeCalls());
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public async Task What_is_in_the_way_is_told_before_anything_is_changed()
    {
        await RunAsync("install", Program + " --yes");
        SortedDictionary<string, string> installed = _host.Everything();
        CommandProcess.Result front = await _host.RunAsync("install", NodeHost.Credential + " --yes", Ct);
        Assert.Equal((1, "error: a CRI proxy is installed here, and no node needs both: take it out first, by 'fairlead cri-proxy uninstall --yes', or by the node's label where a DaemonSet keeps it"),
            (front.ExitCode, front.Error.Split('\n')[0]));
        Assert.Equal(installed, _host.Everything());
        await RunAsync("uninstall", "--yes");

        _host.WriteProcess(4711, "kubelet\0--container-runtime-endpoint=unix:///var/run/containerd/containerd.sock\0");
        await RefusedAsync("the kubelet is started with --container-runtime-endpoint=unix:///var/run/containerd/containerd.sock, which overrules its configuration: ");
        _host.WriteProcess(4712, "kubelet\0--config=/other.yaml\0");
        await RefusedAsync("2 kubelets run here, each started in another way: name the one that is meant by --config");
        Directory.Delete(_host.Root + "/proc/4711", recursive: true);
        Directory.Delete(_host.Root + "/proc/4712", recursive: true);
        await RefusedAsync("no kubelet runs here whose configuration could be taken: name it by --config");
        Assert.Contains("--cri unix:///run/x.sock\n", await RunAsync("install", $"{Program} --config {NodeHost.Config} --cri unix:///run/x.sock"), StringComparison.Ordinal);
    }

    async Task RefusedAsync(string told)
    {
        SortedDictionary<string, string> before = _host.Everything();
        CommandProcess.Result refused = await _host.RunAsync("install", Program + " --yes", Ct, "cri-proxy");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("error: " + told, refused.Error, StringComparison.Ordinal);
        Assert.Contains("\nSee 'fairlead cri-proxy install --help'", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, _host.Everything());
    }

    async Task<string> RunAsync(string verb, string options)
    {
        CommandProcess.Result result = await _host.RunAsync(verb, options, Ct, "cri-proxy");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Output;
    }

    public void Dispose() => _host.Dispose();
}
