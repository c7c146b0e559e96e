using System.Net;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;
using Fairlead.Node.Installation.CriProxies;
using Fairlead.Node.Installation.Fronts;
using Fairlead.Node.Tests.Host;

namespace Fairlead.Node.Tests.Installation;

/// <summary>A CRI proxy is put in and taken out again, in a folder that stands for a machine's root.</summary>
public sealed class CriProxyInstallationTests : IDisposable
{
    const string Unit = "/etc/systemd/system/fairlead-cri-proxy.service", Folder = "/etc/kubelet.d", DropIn = Folder + "/91-fairlead-cri-proxy.conf",
        Configuration = "# kubeadm's\nkind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/c/c.sock\nport: 10260\n",
        Changed = "# kubeadm's\nkind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/fairlead/cri.sock\nport: 10260\n";

    readonly HostFolder _host = new();

    public CriProxyInstallationTests() => Kubelet = Configuration;

    string Kubelet
    {
        get => _host[KubeletSettings.UsualFile];
        set => _host[KubeletSettings.UsualFile] = value;
    }

    [Fact]
    public void Taken_out_again_every_file_is_as_it_was_byte_for_byte()
    {
        SortedDictionary<string, string> before = _host.Everything();
        Install();
        Assert.Equal(Changed, Kubelet);
        Assert.Contains(
            "\nExecStart=/usr/local/bin/fairlead cri-proxy --listen unix:///run/fairlead/cri.sock --cri unix:///run/c/c.sock\n", _host[Unit], StringComparison.Ordinal);
        Undo();
        Assert.Equal(before, _host.Everything());
        Assert.Empty(Proxy.PlanUndo());
    }

    [Theory]
    [InlineData("kind: KubeletConfiguration\n")]
    [InlineData("kind: KubeletConfiguration\ncontainerRuntimeEndpoint: \"\"\n")]
    public void Where_the_configuration_does_not_say_it_is_containerds(string configuration)
    {
        Kubelet = configuration;
        Install();
        Assert.Contains(" --cri unix:///run/containerd/containerd.sock\n", _host[Unit], StringComparison.Ordinal);
        Undo();
        Assert.Equal(configuration, Kubelet);
    }

    [Fact]
    public void The_kubelet_is_told_when_the_proxy_runs_and_the_proxy_ends_when_the_kubelet_has_been_told()
    {
        InstallationPlan plan = Plan();
        Assert.Equal([$"{Unit}; daemon-reload; enable --now fairlead-cri-proxy.service", $"{KubeletSettings.UsualFile}; restart kubelet.service"],
            plan.Steps.Select(static step => string.Join("; ", step.Files.Select(static file => file.Path).Concat(step.Calls.Select(Words)))));
        Proxy.Begin(plan);
        Proxy.Write(plan.Steps[0].Files);
        Assert.Equal(Configuration, Kubelet);

        // A proxy that does not come up is taken back, and the kubelet has noticed nothing.
        Assert.Equal(["disable --now fairlead-cri-proxy.service", "daemon-reload"], UndoCalls());
        Proxy.Write(plan.Steps[1].Files);
        Proxy.Complete();
        Assert.Equal(
            [$"{KubeletSettings.UsualFile}; restart kubelet.service", "disable --now fairlead-cri-proxy.service", $"{Unit}; daemon-reload"],
            Proxy.PlanUndo().Select(static step => string.Join("; ", step.Files.Select(static file => file.Path).Concat(step.Calls.Select(Words)))));
        Proxy.Restore(Proxy.PlanUndo()[0].Files);
        Assert.Equal("restart kubelet.service", UndoCalls()[0]); // where that failed it is asked again
    }

    [Fact]
    public void Nothing_is_changed_the_second_time_and_the_runtime_stays_the_original_one()
    {
        Install();
        SortedDictionary<string, string> installed = _host.Everything();
        Assert.Empty(Plan().Steps);
        Assert.Equal("unix:///run/c/c.sock", Plan().Runtime);
        Assert.Equal(installed, _host.Everything());

        InstallationPlan other = CriProxyPlan.Of(Options() with { Program = "/opt/fairlead" });
        Assert.Equal(["daemon-reload", "enable --now fairlead-cri-proxy.service", "restart fairlead-cri-proxy.service"], other.Calls.Select(Words));
        Install(other);
        Assert.Contains("ExecStart=/opt/fairlead cri-proxy --listen unix:///run/fairlead/cri.sock --cri unix:///run/c/c.sock\n", _host[Unit], StringComparison.Ordinal);
        Assert.Equal("unix:///run/c/c.sock", Proxy.Runtime);
        Undo();
        Assert.Equal(Configuration, Kubelet);
    }

    [Fact]
    public void Another_runtime_that_the_kubelet_was_given_since_is_the_original_one_from_then_on()
    {
        Install();
        const string upgraded = "kind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/d/d.sock\n";
        Kubelet = upgraded;
        InstallationPlan plan = Plan();
        Assert.Equal(["daemon-reload", "enable --now fairlead-cri-proxy.service", "restart fairlead-cri-proxy.service", "restart kubelet.service"], plan.Calls.Select(Words));
        Install(plan);
        Assert.Equal("unix:///run/d/d.sock", Proxy.Runtime);
        Undo();
        Assert.Equal(upgraded, Kubelet);
    }

    [Theory]
    [InlineData("unix:///run/fairlead/cri.sock")]
    [InlineData("unix:///var/run/fairlead/cri.sock")]
    [InlineData("/run/fairlead/../fairlead/cri.sock")]
    public void A_proxy_is_no_runtime(string socket)
    {
        Assert.Equal("--cri names the proxy's own socket, unix:///run/fairlead/cri.sock: name the runtime's", Refusal(Options() with { Runtime = socket }));
        Kubelet = $"containerRuntimeEndpoint: {socket}\n";
        Assert.EndsWith("where a CRI proxy is, and what is behind that is not known: name the runtime by --cri", Refusal(Options()), StringComparison.Ordinal);
        Install(CriProxyPlan.Of(Options() with { Runtime = "unix:///run/e/e.sock" }));
        Assert.Equal("unix:///run/e/e.sock", Proxy.Runtime);
    }

    /// <summary>As this page's former instructions had it: the unit and the kubelet's line were written by hand.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_put_in_by_hand_or_has_lost_its_record_is_taken_out_whole(bool byHand)
    {
        if (byHand)
        {
            _host[Unit] = "[Service]\nExecStart=/usr/local/bin/fairlead cri-proxy --listen unix:///run/fairlead/cri.sock --cri=unix:///run/c/c.sock -v\n";
            Kubelet = Changed;
        }
        else
        {
            Install();
            Proxy.Forget();
        }

        Install();
        Assert.Equal("unix:///run/c/c.sock", Proxy.Runtime);
        Assert.Equal(["restart kubelet.service", "disable --now fairlead-cri-proxy.service", "daemon-reload"], UndoCalls());
        Undo();
        Assert.Equal(Configuration, Kubelet);
        Assert.False(_host.Root.HasFile(Unit));
    }

    [Fact]
    public void A_proxy_does_not_end_while_the_kubelet_would_still_ask_it()
    {
        Install();
        Kubelet = "kind: KubeletConfiguration\ncontainerRuntimeEndpoint: >-\n  unix:///run/fairlead/cri.sock\n"; // nothing that could be put back by one line
        IOException kept = Assert.Throws<IOException>(() => Proxy.Restore(Proxy.PlanUndo()[0].Files));
        Assert.Contains("the kubelet would still ask unix:///run/fairlead/cri.sock, where nobody will be", kept.Message, StringComparison.Ordinal);
        Assert.Contains("(unix:///run/c/c.sock)", kept.Message, StringComparison.Ordinal);
        Kubelet = Configuration;
        Undo();

        // a machine that has left its cluster has no configuration that could
        Install();
        _host.Root.Delete(KubeletSettings.UsualFile);
        Undo();
        Assert.False(_host.Root.HasFile(Unit));
    }

    [Fact]
    public void A_configuration_that_was_changed_since_gets_only_its_endpoint_back()
    {
        Install();
        Kubelet += "maxPods: 5\n";
        Assert.Contains(Proxy.PlanUndo()[0].Files, static file => file.Outcome == "was changed since: only its containerRuntimeEndpoint is put back");
        Undo();
        Assert.Equal(Configuration + "maxPods: 5\n", Kubelet);
    }

    [Fact]
    public void Where_the_kubelet_has_drop_ins_the_endpoint_is_one_and_what_it_asked_is_read_without_it()
    {
        _host[Folder + "/10-a.conf"] = "containerRuntimeEndpoint: unix:///run/x/x.sock\n";
        CriProxyPlanOptions options = Options() with { ConfigFolder = Folder };
        SortedDictionary<string, string> before = _host.Everything();
        Install(CriProxyPlan.Of(options));
        Assert.Equal(Configuration, Kubelet);
        Assert.Equal("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/fairlead/cri.sock\n", _host[DropIn]);
        Assert.Equal(CriProxyUnit.Socket, KubeletSettings.Read(_host.Root, KubeletSettings.UsualFile, Folder, KubeletFlags.None).RuntimeEndpoint);
        Proxy.Forget();
        Assert.Equal("unix:///run/x/x.sock", CriProxyPlan.Of(options).Runtime); // no record is needed for it
        Install(CriProxyPlan.Of(options));
        Undo();
        Assert.Equal(before, _host.Everything());

        _host[Folder + "/99-b.conf"] = "containerRuntimeEndpoint: unix:///run/y/y.sock\n";
        Assert.StartsWith($"{Folder}/99-b.conf says containerRuntimeEndpoint, ", Refusal(options), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--container-runtime-endpoint=unix:///run/c/c.sock")]
    [InlineData("--container-runtime-endpoint=unix:///run/fairlead/cri.sock")]
    public void A_flag_that_overrules_the_endpoint_is_named_before_anything_is_changed(string flag)
    {
        SortedDictionary<string, string> before = _host.Everything();
        string told = Refusal(Options() with { Flags = new KubeletFlags([flag]) });
        Assert.StartsWith($"the kubelet is started with {flag}, which overrules its configuration: ", told, StringComparison.Ordinal);
        Assert.Contains("/var/lib/kubelet/kubeadm-flags.env", told, StringComparison.Ordinal);
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public void A_runtime_that_is_no_Unix_socket_is_refused()
    {
        Kubelet = "containerRuntimeEndpoint: tcp://127.0.0.1:1\n";
        Assert.StartsWith("the kubelet's containerRuntimeEndpoint: ", Refusal(Options()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_front_and_a_proxy_on_one_node_are_refused_by_name()
    {
        FrontPlanOptions front = new() { Root = _host.Root, Program = "/usr/local/bin/fairlead", Arguments = [], Addresses = [IPAddress.Parse("10.0.0.5")] };
        Install();
        Assert.Equal(
            "a CRI proxy is installed here, and no node needs both: take it out first, by 'fairlead cri-proxy uninstall --yes', or by the node's label where a DaemonSet keeps it",
            Assert.Throws<InvalidDataException>(() => FrontPlan.Of(front)).Message);
        Undo();
        NodeInstallation other = new(_host.Root, InstallationKind.Front);
        other.Begin(FrontPlan.Of(front)); // its record alone
        Assert.StartsWith("a front is installed here, and no node needs both: take it out first, by 'fairlead node uninstall --yes'", Refusal(Options()), StringComparison.Ordinal);
        other.Forget();
        Kubelet = Changed; // a proxy that somebody runs by hand
        Assert.StartsWith("the kubelet asks a CRI proxy, unix:///run/fairlead/cri.sock, ", Assert.Throws<InvalidDataException>(() => FrontPlan.Of(front)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Cut_off_after_any_file_it_can_be_taken_out_or_installed(int written)
    {
        SortedDictionary<string, string> before = _host.Everything();
        InstallationPlan plan = Plan();
        Proxy.Begin(plan);
        Proxy.Write(plan.Files.Take(written));
        Assert.Equal(2 - written, Plan().Files.Count);
        Undo();
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public void The_service_says_when_it_answers_and_is_begun_again_without_end()
    {
        foreach (string line in (string[])["Type=notify", "Restart=always", "StartLimitIntervalSec=0", "Before=kubelet.service", "KillMode=control-group", "NoNewPrivileges=yes", "LimitCORE=0"])
            Assert.Contains("\n" + line + "\n", CriProxyUnit.Text("/x", "unix:///y"), StringComparison.Ordinal);
        Assert.Equal("unix:///a%b", CriProxyUnit.RuntimeOf(CriProxyUnit.Text("/x y", "unix:///a%b")));
    }

    public void Dispose() => _host.Dispose();

    NodeInstallation Proxy => new(_host.Root, InstallationKind.CriProxy);

    static string Words(string[] call) => string.Join(' ', call);

    string[] UndoCalls() => [.. Proxy.PlanUndo().SelectMany(static step => step.Calls).Select(Words)];

    static string Refusal(CriProxyPlanOptions options) => Assert.Throws<InvalidDataException>(() => CriProxyPlan.Of(options)).Message;

    CriProxyPlanOptions Options() => new() { Root = _host.Root, Program = "/usr/local/bin/fairlead" };

    InstallationPlan Plan() => CriProxyPlan.Of(Options());

    void Install() => Install(Plan());

    void Install(InstallationPlan plan)
    {
        Proxy.Begin(plan);
        Proxy.Write(plan.Files);
        Proxy.Complete();
    }

    void Undo()
    {
        foreach (InstallationStep<FileRestoration> step in Proxy.PlanUndo()) Proxy.Restore(step.Files);
        Proxy.Forget();
    }
}
