using System.Text.Json.Nodes;
using Fairlead.Testing;
using Fairlead.Yaml;

namespace Fairlead.Cli.Tests.Node;

/// <summary>A front that is there as long as a process, as a DaemonSet runs it: put in, kept, handed over and taken out, at a folder that stands for the machine's root.</summary>
public sealed class NodeStayTests : IDisposable
{
    const string Reload = "reload-or-restart fairlead-node.service", Program = "/usr/local/bin/fairlead-node", Token = "/etc/fairlead/token";

    static readonly string[] s_installing = ["daemon-reload", "restart kubelet.service", "enable --now fairlead-node.socket", "enable --now fairlead-node.service"],
        s_uninstalling = ["disable --now fairlead-node.service", "disable --now fairlead-node.socket", "daemon-reload", "restart kubelet.service"];

    readonly NodeHost _host = new();
    readonly DirectoryInfo _pod = Directory.CreateTempSubdirectory("fairlead-stay-");

    public NodeStayTests()
    {
        WriteProgram("1", 0);
        File.WriteAllText(PodToken, "first");
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    string PodToken => Path.Combine(_pod.FullName, "token");

    [Fact(Timeout = 120_000)]
    public async Task It_is_there_as_long_as_the_process_and_then_everything_is_as_before()
    {
        SortedDictionary<string, string> before = _host.Everything();
        Assert.Equal(1, await CheckAsync("a"));
        await using RunningProcess stay = Stay("a");
        await ReadyAsync(stay);
        Assert.Equal(s_installing, _host.TakeCalls());
        Assert.Equal(0, await CheckAsync("a"));
        Assert.Equal(1, await CheckAsync("b"));
        Assert.Contains(
            $"\nExecStart={Program} node --config /var/lib/kubelet/config.yaml --kubelet-token-file {Token} --authorization-kubeconfig /etc/kubernetes/kubelet.conf ",
            _host.Read(NodeHost.Service), StringComparison.Ordinal);
        Assert.Contains("program 1", _host.Read(Program), StringComparison.Ordinal);
        Assert.Equal("first", _host.Read(Token));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_host.Root + Token));

        // a kubelet that is restarted asks its containers to end once more
        _host.WriteProgram("/usr/bin/systemctl", _host.Read("/usr/bin/systemctl").Replace(
            "failing=\n", $"failing=\n[ \"$1\" != restart ] || kill -TERM {stay.Id}\n", StringComparison.Ordinal));
        Assert.Equal(0, await stay.TerminateAsync(Ct));
        Assert.Contains("uninstalled: the kubelet has its addresses back\n", stay.Stdout!.Text, StringComparison.Ordinal);
        Assert.Equal(s_uninstalling, _host.TakeCalls());
        Assert.Equal(before, _host.Everything());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_new_version_takes_over_and_the_port_is_held_all_the_time()
    {
        SortedDictionary<string, string> before = _host.Everything();
        await using RunningProcess old = Stay("a");
        await ReadyAsync(old);
        _host.TakeCalls();
        WriteProgram("2", 0);
        await using RunningProcess next = Stay("b");
        await ReadyAsync(next);
        Assert.Contains("takes over from a\n", next.Stdout!.Text, StringComparison.Ordinal);
        Assert.Equal([Reload], _host.TakeCalls()); // a new process on the same sockets
        Assert.Contains("program 2", _host.Read(Program), StringComparison.Ordinal);
        Assert.Equal((1, 0), (await CheckAsync("a"), await CheckAsync("b")));

        Assert.Equal(0, await old.TerminateAsync(Ct));
        Assert.Contains("the front is left to b\n", old.Stdout!.Text, StringComparison.Ordinal);
        Assert.Empty(_host.TakeCalls());

        // one that was killed comes back and finds everything as it left it
        next.KillTree();
        await next.WaitForExitAsync(Ct);
        await using RunningProcess again = Stay("b");
        await ReadyAsync(again);
        Assert.Empty(_host.TakeCalls());
        Assert.Equal(0, await again.TerminateAsync(Ct));
        Assert.Equal(before, _host.Everything());
    }

    [Fact(Timeout = 120_000)]
    public async Task The_DaemonSets_own_words_do_it()
    {
        string manifest = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "deploy/kustomize/node/daemonset.yaml"), Ct);
        JsonNode container = new YamlReader(new StringReader(manifest)).Read()!.ToObject().Node["spec"]!["template"]!["spec"]!["containers"]![0]!;
        RunOptions pod = new() { Environment = new Dictionary<string, string?> { ["FAIRLEAD_HOLDER"] = "fairlead-node-x7k2p" } };
        string[] probe = Here(container["readinessProbe"]!["exec"]!["command"]!)[1..];
        Assert.Equal(1, (await RunningProcess.RunAsync(CommandProcess.Path, probe, options: pod, cancellationToken: Ct)).ExitCode);
        await using RunningProcess stay = RunningProcess.Start(
            NodeHost.AsRoot[0], [.. NodeHost.AsRoot[1..], .. Here(container["args"]!), "--program-from", Path.Combine(_pod.FullName, "program")], pod);
        await ReadyAsync(stay);
        Assert.Equal(0, (await RunningProcess.RunAsync(CommandProcess.Path, probe, options: pod, cancellationToken: Ct)).ExitCode);
        Assert.Equal("first", _host.Read(Token));
        Assert.Contains(" --node-name worker-1 ", _host.Read(NodeHost.Service), StringComparison.Ordinal);
        Assert.Equal(0, await stay.TerminateAsync(Ct));
        Assert.Equal([.. s_installing, .. s_uninstalling], _host.TakeCalls());

        string[] Here(JsonNode words) => [.. words.AsArray().Select(word => ((string)word!)
            .Replace("$(NODE_NAME)", "worker-1", StringComparison.Ordinal)
            .Replace("/host", _host.Root, StringComparison.Ordinal)
            .Replace("/var/run/secrets/fairlead/token", PodToken, StringComparison.Ordinal))];
    }

    [Fact(Timeout = 120_000)]
    public async Task What_an_upgrade_of_the_kubelet_takes_away_is_put_back_and_a_new_token_is_taken_along()
    {
        await using RunningProcess stay = Stay("a");
        await ReadyAsync(stay);
        _host.TakeCalls();
        _host.Write(NodeHost.Config, "kind: KubeletConfiguration\nmaxPods: 7\n");
        await Eventually.HoldsAsync(
            () => _host.Read(NodeHost.Config) == "address: 127.0.0.1\nkind: KubeletConfiguration\nmaxPods: 7\n", "the address is back", cancellationToken: Ct);
        File.WriteAllText(PodToken, "second");
        await Eventually.HoldsAsync(() => _host.Read(Token) == "second", "the new token is there", cancellationToken: Ct);
        Assert.Equal(s_installing, _host.TakeCalls());
        Assert.Equal(0, await stay.TerminateAsync(Ct));
        Assert.Equal("kind: KubeletConfiguration\nmaxPods: 7\n", _host.Read(NodeHost.Config));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_record_that_was_lost_is_made_anew_and_all_is_taken_out_by_it()
    {
        SortedDictionary<string, string> before = _host.Everything();
        await using RunningProcess stay = Stay("a");
        await ReadyAsync(stay);
        _host.TakeCalls();
        string record = _host.Root + "/var/lib/fairlead/node-installation.json";
        File.Delete(record);
        await Eventually.HoldsAsync(() => File.Exists(record) && File.ReadAllText(record).Contains("\"pending\": []", StringComparison.Ordinal), "there is one again", cancellationToken: Ct);
        File.WriteAllText(PodToken, "second");
        await Eventually.HoldsAsync(() => _host.Read(Token) == "second", "it has looked again", cancellationToken: Ct);
        Assert.Equal(s_installing, _host.TakeCalls()); // once, and not at every look
        Assert.Equal(0, await stay.TerminateAsync(Ct));
        Assert.Equal(before, _host.Everything());
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_taken_out_by_hand_is_put_in_again_as_long_as_somebody_keeps_it()
    {
        SortedDictionary<string, string> before = _host.Everything();
        await using RunningProcess stay = Stay("a");
        await ReadyAsync(stay);
        CommandProcess.Result removed = await _host.RunAsync("uninstall", "--yes", Ct);
        Assert.Equal(0, removed.ExitCode);
        Assert.EndsWith("a kept the front here: as long as it runs it puts it in again\n", removed.Output, StringComparison.Ordinal);
        await Eventually.HoldsAsync(async () => await CheckAsync("a") == 0, "it is there again", cancellationToken: Ct);
        Assert.Equal(0, await stay.TerminateAsync(Ct));
        Assert.Equal(before, _host.Everything());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_first_installation_that_fails_is_taken_back()
    {
        SortedDictionary<string, string> before = _host.Everything();
        _host.FailAt(s_installing[2]);
        await using RunningProcess stay = Stay("a");
        Assert.Equal(1, await stay.WaitForExitAsync(Ct));
        Assert.Contains("error: systemctl enable --now fairlead-node.socket ended with 1", stay.Stderr.Text, StringComparison.Ordinal);
        _host.FailAt(null);
        Assert.Equal(before, _host.Everything());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_program_that_does_not_run_on_the_machine_changes_nothing()
    {
        WriteProgram("3", 7);
        SortedDictionary<string, string> before = _host.Everything();
        await using RunningProcess stay = Stay("a");
        Assert.Equal(1, await stay.WaitForExitAsync(Ct));
        Assert.StartsWith("error: this machine does not run the command (exit code 7): ", stay.Stderr.Text, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_pod.FullName, "program"), "no program at all");
        await using RunningProcess other = Stay("a");
        Assert.Equal(1, await other.WaitForExitAsync(Ct));
        Assert.StartsWith("error: this machine does not run the command (exit code 126): ", other.Stderr.Text, StringComparison.Ordinal);
        Assert.Equal(before, _host.Everything());
        Assert.Empty(_host.TakeCalls());
    }

    [Fact(Timeout = 120_000)]
    public async Task What_was_left_is_taken_out_by_one_that_only_removes()
    {
        SortedDictionary<string, string> before = _host.Everything();
        await using RunningProcess stay = Stay("a");
        await ReadyAsync(stay);
        _host.FailAt(s_uninstalling[3]);
        Assert.Equal(1, await stay.TerminateAsync(Ct));
        Assert.Contains("error: systemctl restart kubelet.service ended with 1", stay.Stderr.Text, StringComparison.Ordinal);
        _host.FailAt(null);
        _host.TakeCalls();

        await using RunningProcess removal = Run("stay --holder c --remove --yes");
        await ReadyAsync(removal);
        Assert.Equal(s_uninstalling[2..], _host.TakeCalls());
        Assert.Equal(0, (await _host.RunAsync("stay", "--holder c --remove --check", Ct)).ExitCode);
        Assert.Equal(0, await removal.TerminateAsync(Ct));
        Assert.Empty(_host.TakeCalls());
        Assert.Equal(before, _host.Everything());
    }

    [Theory]
    [InlineData("--yes", "say by --holder who this is")]
    [InlineData("--holder a", "this changes the machine at once: say --yes to it")]
    [InlineData("--holder a --yes", "the front needs a credential of its own for the kubelet: --kubelet-client-cert and --kubelet-client-key, or --kubelet-token-file")]
    [InlineData("--holder a --yes --token-from /t", "--token-from needs --kubelet-token-file, where the front finds it on the machine")]
    public async Task What_is_missing_is_told_and_nothing_is_changed(string options, string told)
    {
        SortedDictionary<string, string> before = _host.Everything();
        CommandProcess.Result refused = await _host.RunAsync("stay", $"{options} --program-from '{_pod.FullName}/program'", Ct);
        Assert.Equal((1, "error: " + told), (refused.ExitCode, refused.Error.Split('\n')[0]));
        Assert.Equal(before, _host.Everything());
        Assert.Empty(_host.TakeCalls());
    }

    RunningProcess Stay(string holder) => Run(
        $"stay --holder {holder} --program-from {_pod.FullName}/program --token-from {PodToken} --kubelet-token-file {Token} --look-every 50ms --yes");

    RunningProcess Run(string options) => RunningProcess.Start(NodeHost.AsRoot[0], [.. NodeHost.AsRoot[1..], "node", .. options.Split(' '), "--root", _host.Root]);

    static async Task ReadyAsync(RunningProcess stay)
    {
        Task ready = stay.Stdout!.LineAsync("ready: ", Ct), ended = stay.WaitForExitAsync(Ct);
        Assert.True(await Task.WhenAny(ready, ended) == ready, stay.Stderr.Text);
        await ready;
    }

    /// <summary>As a probe asks: by the variable of its container.</summary>
    async Task<int> CheckAsync(string holder) => (await CommandProcess.RunAsync(
        "/dev/null", $"FAIRLEAD_HOLDER={holder} '{CommandProcess.Path}' node stay --root '{_host.Root}' --check", Ct)).ExitCode;

    /// <summary>What the image would have: a program that says its version when it is tried out.</summary>
    void WriteProgram(string version, int code) => File.WriteAllText(
        Path.Combine(_pod.FullName, "program"), $"#!/bin/sh\n# program {version}\n[ \"$*\" = version ] || exit 99\nexit {code}\n");

    public void Dispose()
    {
        _host.Dispose();
        _pod.Delete(recursive: true);
    }
}
