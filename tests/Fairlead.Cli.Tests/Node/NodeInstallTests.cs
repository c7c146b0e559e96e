using System.Text.Json.Nodes;
using Fairlead.Node.Host;
using Fairlead.Testing;

namespace Fairlead.Cli.Tests.Node;

/// <summary>A front is looked for, put in and taken out again by the command, at a folder that stands for the machine's root.</summary>
public sealed class NodeInstallTests : IDisposable
{
    const string Install = NodeHost.Credential + " --program /usr/local/bin/fairlead";

    static readonly string[] s_installing = ["daemon-reload", "restart kubelet.service", "enable --now fairlead-node.socket", "enable --now fairlead-node.service"],
        s_uninstalling = ["disable --now fairlead-node.service", "disable --now fairlead-node.socket", "daemon-reload", "restart kubelet.service"];

    readonly NodeHost _host = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_yes_it_is_shown_and_nothing_is_changed()
    {
        SortedDictionary<string, string> before = _host.Everything();
        string output = await RunAsync("install", Install);
        Assert.Contains($"{NodeHost.Socket}: new file, ", output, StringComparison.Ordinal);
        Assert.Contains($"{NodeHost.Service}: new file, ", output, StringComparison.Ordinal);
        Assert.Contains(
            $"{NodeHost.Config}: line 1 (the kubelet listens on loopback alone: the front has the node's addresses)\n  + address: 127.0.0.1\n", output, StringComparison.Ordinal);
        Assert.EndsWith(
            "then:\n" + string.Concat(s_installing.Select(static call => $"  systemctl {call}\n")) + "nothing was changed: add --yes to do it\n", output, StringComparison.Ordinal);
        Assert.Empty(_host.TakeCalls());
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public async Task What_is_put_in_is_taken_out_byte_for_byte_and_either_twice_is_once()
    {
        SortedDictionary<string, string> before = _host.Everything();
        Assert.EndsWith("installed: the front has the node's addresses, the kubelet has loopback\n", await RunAsync("install", Install + " --yes"), StringComparison.Ordinal);
        Assert.Equal(s_installing, _host.TakeCalls());
        Assert.Contains("\naddress: 127.0.0.1\n", "\n" + _host.Read(NodeHost.Config), StringComparison.Ordinal);
        Assert.Contains(
            "\nExecStart=/usr/local/bin/fairlead node --config /var/lib/kubelet/config.yaml --kubelet-client-cert /etc/fairlead/node.crt " +
            "--kubelet-client-key /etc/fairlead/node.key --authorization-kubeconfig /etc/kubernetes/kubelet.conf --node-name node-1 --health-port 10247\n",
            _host.Read(NodeHost.Service), StringComparison.Ordinal);
        string socket = _host.Read(NodeHost.Socket);
        Assert.All(NodeAddresses.Find(), address => Assert.Contains($"\nListenStream={new System.Net.IPEndPoint(address, 10250)}\n", socket, StringComparison.Ordinal));
        SortedDictionary<string, string> installed = _host.Everything();

        Assert.Equal("everything is as it should be: nothing to do\n", await RunAsync("install", Install + " --yes"));
        Assert.Contains("nothing was changed: add --yes to do it", await RunAsync("uninstall", ""), StringComparison.Ordinal);
        Assert.Empty(_host.TakeCalls());
        Assert.Equal(installed, _host.Everything());

        Assert.EndsWith("uninstalled: the kubelet has its addresses back\n", await RunAsync("uninstall", "--yes"), StringComparison.Ordinal);
        Assert.Equal(s_uninstalling, _host.TakeCalls());
        Assert.Equal(before, _host.Everything());
        Assert.Equal("no front is installed here: nothing to do\n", await RunAsync("uninstall", "--yes"));
        Assert.Empty(_host.TakeCalls());
    }

    [Fact]
    public async Task Other_options_change_the_unit_alone()
    {
        await RunAsync("install", Install + " --yes");
        _host.TakeCalls();
        string output = await RunAsync("install", Install + " --health-port 12345 --node-name other --yes");
        Assert.Contains($"wrote {NodeHost.Service}\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain($"wrote {NodeHost.Config}", output, StringComparison.Ordinal);
        Assert.Contains("--node-name other --health-port 12345\n", _host.Read(NodeHost.Service), StringComparison.Ordinal);
        Assert.Equal(
            ["daemon-reload", "enable --now fairlead-node.socket", "enable --now fairlead-node.service", "restart fairlead-node.service"], _host.TakeCalls());
    }

    [Fact]
    public async Task The_same_line_mends_it_where_an_upgrade_took_the_address_away_and_the_kubelet_cannot_start()
    {
        _host.WriteProcess(4711, "/opt/kubelet\0--kubeconfig\0/k.conf\0--config\0/k.yaml\0--cert-dir=/pki\0--hostname-override=Other\0");
        _host.Write("/k.yaml", "kind: KubeletConfiguration\n");
        await RunAsync("install", Install + " --yes");
        string unit = _host.Read(NodeHost.Service);
        _host.TakeCalls();
        _host.Write("/k.yaml", "kind: KubeletConfiguration\nmaxPods: 7\n");
        _host.Write("/k.conf", "{kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c}}], clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]}");
        Directory.Delete(_host.Root + "/proc/4711", recursive: true);
        Assert.Contains("wrote /k.yaml\n", await RunAsync("install", Install + " --yes"), StringComparison.Ordinal);
        Assert.Equal("address: 127.0.0.1\nkind: KubeletConfiguration\nmaxPods: 7\n", _host.Read("/k.yaml"));
        Assert.Equal(unit, _host.Read(NodeHost.Service));
        Assert.Equal(s_installing, _host.TakeCalls());
        Assert.Contains("note   kubelet: none runs here: what it was started with is taken from the installation's record\n",
            (await _host.RunAsync("check", NodeHost.Credential, Ct)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kubelet_that_stays_on_loopback_is_told_when_the_front_is_taken_out()
    {
        _host.Write(NodeHost.Config, "kind: KubeletConfiguration\naddress: 127.0.0.1\n");
        await RunAsync("install", Install + " --yes");
        Assert.EndsWith(
            "uninstalled, but the kubelet still listens on 127.0.0.1 alone, as it did before the front was put in: the API server does not reach this node. " +
            "Take the address out of its configuration, and out of the ConfigMap kubelet-config, and restart the kubelet\n",
            await RunAsync("uninstall", "--yes"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_call_of_systemctl_that_fails_can_be_done_again_or_taken_back(int failing)
    {
        SortedDictionary<string, string> before = _host.Everything();
        _host.FailAt(s_installing[failing]);
        CommandProcess.Result failed = await _host.RunAsync("install", Install + " --yes", Ct);
        Assert.Equal(1, failed.ExitCode);
        Assert.Equal(
            $"error: systemctl {s_installing[failing]} ended with 1: mend that and run this again, or take everything back by 'fairlead node uninstall --yes'\n", failed.Error);
        Assert.Equal(s_installing[..(failing + 1)], _host.TakeCalls());
        _host.FailAt(null);
        await RunAsync("install", Install + " --yes");
        Assert.Equal(s_installing, _host.TakeCalls());
        await RunAsync("uninstall", "--yes");
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public async Task A_kubelet_that_does_not_come_back_leaves_the_record_for_another_try()
    {
        SortedDictionary<string, string> before = _host.Everything();
        await RunAsync("install", Install + " --yes");
        _host.TakeCalls();
        _host.FailAt(s_uninstalling[3]);
        Assert.Equal(1, (await _host.RunAsync("uninstall", "--yes", Ct)).ExitCode);
        Assert.Equal(s_uninstalling, _host.TakeCalls());
        _host.FailAt(null);
        await RunAsync("uninstall", "--yes");
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public async Task Where_no_systemd_runs_its_calls_are_told()
    {
        Directory.Delete(_host.Root + "/run/systemd", recursive: true);
        string output = await RunAsync("install", Install + " --yes");
        Assert.Contains("systemd does not run this machine now; once it does:\n  systemctl daemon-reload\n", output, StringComparison.Ordinal);
        Assert.Empty(_host.TakeCalls());
    }

    [Theory]
    [InlineData("--address=0.0.0.0", "the kubelet is started with --address=0.0.0.0, which overrules its configuration: take that flag away first")]
    [InlineData("--port=10260", "the kubelet is started with --port=10260: write that into /var/lib/kubelet/config.yaml instead")]
    public async Task A_flag_of_the_kubelets_that_is_in_the_way_is_told_before_anything_is_changed(string flag, string told)
    {
        _host.WriteProcess(4711, $"kubelet\0--kubeconfig=/etc/kubernetes/kubelet.conf\0{flag}\0");
        SortedDictionary<string, string> before = _host.Everything();
        CommandProcess.Result refused = await _host.RunAsync("install", Install + " --yes", Ct);
        Assert.Equal((1, "", "error: " + told), (refused.ExitCode, refused.Output, refused.Error.Split('\n')[0]));
        Assert.Equal(before, _host.Everything());
        Assert.Empty(_host.TakeCalls());
    }

    [Fact]
    public async Task What_the_flags_of_the_running_kubelet_say_is_taken()
    {
        _host.WriteProcess(4711, "/opt/kubelet\0--kubeconfig\0/k.conf\0--config\0/k.yaml\0--config-dir=/k.d\0--hostname-override=Other\0");
        _host.Write("/k.yaml", "kind: KubeletConfiguration\nport: 10260\n");
        Directory.CreateDirectory(_host.Root + "/k.d");
        await RunAsync("install", Install + " --yes");
        Assert.Equal(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\naddress: 127.0.0.1\n", _host.Read("/k.d/90-fairlead.conf"));
        Assert.Equal("kind: KubeletConfiguration\nport: 10260\n", _host.Read("/k.yaml"));
        Assert.Contains("node --config /k.yaml --config-dir /k.d ", _host.Read(NodeHost.Service), StringComparison.Ordinal);
        Assert.Contains("--authorization-kubeconfig /k.conf --node-name other ", _host.Read(NodeHost.Service), StringComparison.Ordinal);
        Assert.Contains(":10260\n", _host.Read(NodeHost.Socket), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_kubelets_one_has_to_be_named_and_a_containers_is_none()
    {
        _host.WriteProcess(4713, "kubelet\0--kubeconfig=/evil.conf\0--config=/evil.yaml\0", isOfContainer: true);
        Assert.Contains("--authorization-kubeconfig /etc/kubernetes/kubelet.conf ", await RunAsync("install", Install), StringComparison.Ordinal);
        _host.WriteProcess(4713, "kubelet\0--kubeconfig=/other.conf\0");
        CommandProcess.Result refused = await _host.RunAsync("install", Install, Ct);
        Assert.Equal((1, "error: 2 kubelets run here, each started in another way: name the one that is meant by --config and --authorization-kubeconfig"),
            (refused.ExitCode, refused.Error.Split('\n')[0]));
        Assert.Contains("--authorization-kubeconfig /k.conf ", await RunAsync(
            "install", $"{Install} --config {NodeHost.Config} --authorization-kubeconfig /k.conf"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("install")]
    [InlineData("check")]
    public async Task A_kubeconfig_that_was_found_runs_no_program(string verb)
    {
        _host.Write("/etc/kubernetes/kubelet.conf", $$$"""
            apiVersion: v1
            kind: Config
            current-context: c
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
            contexts: [{name: c, context: {cluster: c, user: u}}]
            users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: ["{{{_host.Root}}}/ran"], interactiveMode: Never} } }]
            """);
        CommandProcess.Result refused = await _host.RunAsync(verb, NodeHost.Credential, Ct);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("runs a program for its credentials", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_host.Root + "/ran"));
        CommandProcess.Result named = await _host.RunAsync(verb, NodeHost.Credential + " --authorization-kubeconfig /etc/kubernetes/kubelet.conf", Ct);
        Assert.DoesNotContain("runs a program", named.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machines_name_is_taken_with_its_domain_as_a_kubelet_takes_it()
    {
        _host.Write("/etc/hostname", "Worker-1.Example.org\n");
        await RunAsync("install", Install + " --yes");
        Assert.Contains("--node-name worker-1.example.org ", _host.Read(NodeHost.Service), StringComparison.Ordinal);

        // The kernel's own name, which this process is given in a namespace of names.
        CommandProcess.Result own = await CommandProcess.RunAsync("/dev/null", "unshare --user --map-root-user --uts true || exit 77; " +
            "unshare --user --map-root-user --uts sh -c 'hostname Worker-2.Example.org && " +
            $"exec \"$0\" node install {Install} --config {_host.Root}{NodeHost.Config} --authorization-kubeconfig /k' '{CommandProcess.Path}'", Ct);
        Assert.SkipWhen(own.ExitCode == 77, "user namespaces are not to be had here");
        Assert.Equal((0, ""), (own.ExitCode, own.Error));
        Assert.Contains("--node-name worker-2.example.org ", own.Output, StringComparison.Ordinal);
        Assert.EndsWith("nothing was changed: add --yes to do it\n", own.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_says_line_by_line_what_is_in_the_way_and_changes_nothing()
    {
        using TestAuthority authority = new();
        (string certificate, string key) = authority.IssueClient("system:node:node-1");
        _host.Write("/etc/kubernetes/pki/ca.crt", authority.Pem);
        // a kubelet's own kubeconfig: files by absolute paths, behind the link that rotation moves on
        _host.Write("/var/lib/kubelet/pki/kubelet-client-1.pem", certificate + "\n" + key);
        File.CreateSymbolicLink(_host.Root + "/var/lib/kubelet/pki/kubelet-client-current.pem", "/var/lib/kubelet/pki/kubelet-client-1.pem");
        _host.Write("/etc/kubernetes/kubelet.conf", """
            apiVersion: v1
            kind: Config
            current-context: c
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:1", certificate-authority: pki/ca.crt}}]
            contexts: [{name: c, context: {cluster: c, user: u}}]
            users: [{name: u, user: {client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem, client-key: /var/lib/kubelet/pki/kubelet-client-current.pem}}]
            """);
        SortedDictionary<string, string> before = _host.Everything();

        CommandProcess.Result text = await _host.RunAsync("check", NodeHost.Credential, Ct);
        Assert.Equal((1, ""), (text.ExitCode, text.Error));
        string[] lines = text.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("ok     kubelet: runs here", lines);
        Assert.Contains("ok     configuration: /var/lib/kubelet/config.yaml", lines);
        Assert.Contains("ok     systemd: runs this machine", lines);
        Assert.Contains("note   kubelet's address: 0.0.0.0, port 10250: 'fairlead node install' sets 127.0.0.1, and the kubelet is restarted then", lines);
        Assert.Contains("FAULT  certificate: /var/lib/kubelet/pki/kubelet.crt: there is no such file", lines);
        Assert.Contains("ok     client authorities: /etc/kubernetes/pki/ca.crt, 1 certificate", lines);
        Assert.Contains(lines, static line => line.StartsWith("FAULT  TokenReview: the cluster cannot be asked: ", StringComparison.Ordinal)); // there is none, and the files were found
        Assert.EndsWith(" in the way of a front", lines[^1], StringComparison.Ordinal);

        CommandProcess.Result json = await _host.RunAsync("check", NodeHost.Credential + " -o json", Ct);
        Assert.Equal(1, json.ExitCode);
        JsonArray checks = JsonNode.Parse(json.Output)!.AsArray();
        Assert.Equal(lines.Length - 1, checks.Count);
        Assert.Contains(checks, static check => ((string?)check!["check"], (string?)check["outcome"]) == ("certificate", "fault"));
        Assert.Equal(before, _host.Everything());
        Assert.Empty(_host.TakeCalls());
    }

    async Task<string> RunAsync(string verb, string options)
    {
        CommandProcess.Result result = await _host.RunAsync(verb, options, Ct);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Output;
    }

    public void Dispose() => _host.Dispose();
}
