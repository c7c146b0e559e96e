using System.Text.Json.Nodes;
using Fairlead.Testing;
using Fairlead.Yaml;

namespace Fairlead.Cli.Tests.Node;

/// <summary>A CRI proxy that is there as long as a process, by the words of its DaemonSets, at a folder that stands for the machine's root.</summary>
public sealed class CriProxyStayTests : IDisposable
{
    const string Start = "enable --now fairlead-cri-proxy.service", Restart = "restart kubelet.service", End = "disable --now fairlead-cri-proxy.service",
        Program = "/usr/local/bin/fairlead-cri-proxy", Line = "containerRuntimeEndpoint: unix:///run/fairlead/cri.sock\n";

    readonly NodeHost _host = new();
    readonly DirectoryInfo _pod = Directory.CreateTempSubdirectory("fairlead-stay-");

    public CriProxyStayTests() => WriteProgram("1");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task The_DaemonSets_own_words_put_it_in_hand_it_over_and_take_it_out()
    {
        (string[] arguments, string[] probe) = await WordsAsync();
        SortedDictionary<string, string> before = _host.Everything();
        Assert.Equal(1, await CheckAsync(probe, "a"));
        await using RunningProcess old = Stay(arguments, "a");
        await ReadyAsync(old);
        Assert.Equal(["daemon-reload", Start, Restart], _host.TakeCalls());
        Assert.Equal((0, 1), (await CheckAsync(probe, "a"), await CheckAsync(probe, "b")));
        Assert.Contains($"\nExecStart={Program} cri-proxy --listen ", _host.Read("/etc/systemd/system/fairlead-cri-proxy.service"), StringComparison.Ordinal);
        Assert.Contains("program 1", _host.Read(Program), StringComparison.Ordinal);

        // a kubelet's upgrade writes its configuration anew
        string upgraded = _host.Read(NodeHost.Config).Replace(Line, "", StringComparison.Ordinal) + "maxPods: 7\n";
        _host.Write(NodeHost.Config, upgraded);
        await Eventually.HoldsAsync(() => _host.Read(NodeHost.Config) == Line + upgraded, "the endpoint is back", cancellationToken: Ct);

        WriteProgram("2");
        await using RunningProcess next = Stay(arguments, "b");
        await ReadyAsync(next);
        Assert.Contains("takes over from a\n", next.Stdout!.Text, StringComparison.Ordinal);
        Assert.Equal(0, await old.TerminateAsync(Ct));
        Assert.Contains("the CRI proxy is left to b\n", old.Stdout!.Text, StringComparison.Ordinal);
        Assert.Equal(["daemon-reload", Start, Restart, "restart fairlead-cri-proxy.service"], _host.TakeCalls());

        Assert.Equal(0, await next.TerminateAsync(Ct));
        Assert.Contains("uninstalled: the kubelet asks unix:///run/containerd/containerd.sock itself\n", next.Stdout!.Text, StringComparison.Ordinal);
        Assert.Equal([Restart, End, "daemon-reload"], _host.TakeCalls());
        Assert.Equal(upgraded, _host.Read(NodeHost.Config));
        Assert.Equal(before.Keys, _host.Everything().Keys);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_that_does_not_come_up_or_finds_a_front_changes_nothing_and_what_was_left_is_taken_out_by_one_that_only_removes()
    {
        (string[] arguments, string[] probe) = await WordsAsync();
        SortedDictionary<string, string> before = _host.Everything();
        _host.FailAt(Start);
        await using RunningProcess failing = Stay(arguments, "a");
        Assert.Equal(1, await failing.WaitForExitAsync(Ct));
        Assert.DoesNotContain(Restart, _host.TakeCalls()); // as often as a pod tries it, the kubelet goes on
        Assert.Equal(before, _host.Everything());
        _host.FailAt(null);

        await _host.RunAsync("install", NodeHost.Credential + " --program /p --yes", Ct);
        await using RunningProcess beside = Stay(arguments, "a");
        Assert.Equal(1, await beside.WaitForExitAsync(Ct));
        Assert.Contains("error: a front is installed here, and no node needs both: ", beside.Stderr.Text, StringComparison.Ordinal);
        await _host.RunAsync("uninstall", "--yes", Ct);
        Assert.Equal(before, _host.Everything());

        await using RunningProcess killed = Stay(arguments, "a");
        await ReadyAsync(killed);
        killed.KillTree();
        await killed.WaitForExitAsync(Ct);
        _host.TakeCalls();
        await using RunningProcess removal = Stay([.. arguments, "--remove"], "c");
        await ReadyAsync(removal);
        Assert.Equal([Restart, End, "daemon-reload"], _host.TakeCalls());
        Assert.Equal(0, await CheckAsync([.. probe, "--remove"], "c"));
        Assert.Equal(0, await removal.TerminateAsync(Ct));
        Assert.Equal(before, _host.Everything());
    }

    /// <summary>Those of the container and of its probe, with the machine's root where it is here.</summary>
    async Task<(string[] Arguments, string[] Probe)> WordsAsync()
    {
        string manifest = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy/kustomize/cri-proxy/daemonset.yaml"), Ct);
        JsonNode container = new YamlReader(new StringReader(manifest)).Read()!.ToObject().Node["spec"]!["template"]!["spec"]!["containers"]![0]!;
        return (Here(container["args"]!), Here(container["readinessProbe"]!["exec"]!["command"]!)[1..]);

        string[] Here(JsonNode words) => [.. words.AsArray().Select(word => ((string)word!).Replace("/host", _host.Root, StringComparison.Ordinal))];
    }

    RunningProcess Stay(string[] arguments, string holder) => RunningProcess.Start(
        NodeHost.AsRoot[0], [.. NodeHost.AsRoot[1..], .. arguments, "--program-from", Path.Combine(_pod.FullName, "program"), "--look-every", "50ms"], Pod(holder));

    static RunOptions Pod(string holder) => new() { Environment = new Dictionary<string, string?> { ["FAIRLEAD_HOLDER"] = holder } };

    static async Task<int> CheckAsync(string[] probe, string holder) =>
        (await RunningProcess.RunAsync(CommandProcess.Path, probe, options: Pod(holder), cancellationToken: Ct)).ExitCode;

    static async Task ReadyAsync(RunningProcess stay)
    {
        Task ready = stay.Stdout!.LineAsync("ready: ", Ct), ended = stay.WaitForExitAsync(Ct);
        Assert.True(await Task.WhenAny(ready, ended) == ready, stay.Stderr.Text);
        await ready;
    }

    void WriteProgram(string version) => File.WriteAllText(
        Path.Combine(_pod.FullName, "program"), $"#!/bin/sh\n# program {version}\n[ \"$*\" = version ] || exit 99\n");

    public void Dispose()
    {
        _host.Dispose();
        _pod.Delete(recursive: true);
    }
}
