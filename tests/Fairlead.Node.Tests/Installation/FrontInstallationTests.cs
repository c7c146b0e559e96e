using System.Net;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;
using Fairlead.Node.Installation.Fronts;
using Fairlead.Node.Tests.Host;

namespace Fairlead.Node.Tests.Installation;

/// <summary>A front is put in and taken out again, in a folder that stands for a machine's root.</summary>
public sealed class FrontInstallationTests : IDisposable
{
    const string Configuration = "# kubeadm's\nkind: KubeletConfiguration\naddress: 0.0.0.0\nport: 10260\n";

    readonly HostFolder _host = new();

    public FrontInstallationTests()
    {
        _host[KubeletSettings.UsualFile] = Configuration;
        File.SetUnixFileMode(_host.Root.PathOf(KubeletSettings.UsualFile), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
    }

    [Fact]
    public void Taken_out_again_every_file_is_as_it_was_byte_for_byte()
    {
        SortedDictionary<string, string> before = _host.Everything();
        Apply(Plan());
        Assert.Equal("# kubeadm's\nkind: KubeletConfiguration\naddress: 127.0.0.1\nport: 10260\n", _host[KubeletSettings.UsualFile]);
        Assert.Contains("ListenStream=10.0.0.5:10260\nListenStream=[fd00::5]:10260\n", _host["/etc/systemd/system/fairlead-node.socket"]);
        Assert.DoesNotContain("0.0.0.0", _host["/etc/systemd/system/fairlead-node.socket"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
            File.GetUnixFileMode(_host.Root.PathOf(KubeletSettings.UsualFile)));
        Undo();
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public void A_word_with_blanks_stays_one_word_in_the_unit()
    {
        Apply(Plan());
        Assert.Contains(
            "ExecStart=/usr/local/bin/fairlead node --config /var/lib/kubelet/config.yaml --node-name \"a b%%\"\n",
            _host["/etc/systemd/system/fairlead-node.service"]);
    }

    [Fact]
    public void Nothing_is_changed_before_it_is_applied_and_nothing_the_second_time()
    {
        SortedDictionary<string, string> before = _host.Everything();
        InstallationPlan plan = Plan();
        Assert.Equal(before, _host.Everything());
        Assert.Equal(3, plan.Files.Count);
        Apply(plan);
        Assert.NotEmpty(Plan().Calls); // systemd has not been heard yet
        Front.Complete();
        SortedDictionary<string, string> installed = _host.Everything();
        InstallationPlan again = Plan();
        Assert.Empty(again.Files);
        Assert.Empty(again.Calls);
        Apply(again);
        Assert.Equal(installed, _host.Everything());
        Undo();
        Assert.Empty(Front.PlanUndo());
    }

    [Fact]
    public void Installed_again_with_other_options_it_still_goes_back_to_the_beginning()
    {
        SortedDictionary<string, string> before = _host.Everything();
        Apply(Plan());
        Apply(Plan("/opt/fairlead"));
        Assert.Contains("ExecStart=/opt/fairlead ", _host["/etc/systemd/system/fairlead-node.service"]);
        Undo();
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public void The_service_is_started_anew_for_another_line_and_the_kubelet_for_another_configuration()
    {
        Assert.Equal(["daemon-reload", "restart kubelet.service", "enable --now fairlead-node.socket", "enable --now fairlead-node.service"], Calls(Plan()));
        Install();
        InstallationPlan other = Plan("/opt/fairlead");
        Assert.Equal(["daemon-reload", "enable --now fairlead-node.socket", "enable --now fairlead-node.service", "restart fairlead-node.service"], Calls(other));
        Apply(other);
        Assert.Equal(Calls(other), Calls(Plan("/opt/fairlead"))); // systemd has not been heard yet
        _host[KubeletSettings.UsualFile] = Configuration;
        Assert.Equal([Calls(other)[0], "restart kubelet.service", .. Calls(other)[1..]], Calls(Plan("/opt/fairlead")));
    }

    [Fact]
    public void What_the_kubelet_was_started_with_is_known_when_it_runs_no_more()
    {
        Assert.Null(Front.RecordedFlags());
        Apply(FrontPlan.Of(Options() with { Flags = new KubeletFlags(["--kubeconfig=/k.conf", "--config=/old.yaml", "--v=2"]) }));
        KubeletFlags flags = Assert.IsType<KubeletFlags>(Front.RecordedFlags());
        Assert.Equal(("/k.conf", KubeletSettings.UsualFile, "2"), (flags.Get("kubeconfig"), flags.Get("config"), flags.Get("v")));
        Assert.Equal(flags.Arguments, Recorded(Options() with { Flags = flags })); // it does not grow
    }

    [Theory]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    public void Where_the_kubelet_listens_when_the_front_is_out_is_told(string before, string after)
    {
        _host[KubeletSettings.UsualFile] = $"kind: KubeletConfiguration\naddress: {before}\n";
        Install();
        Assert.Equal("127.0.0.1", Front.ReadKubelet().Address);
        Restore();
        Assert.Equal(after, Front.ReadKubelet().Address);
    }

    [Fact]
    public void A_configuration_that_was_changed_since_gets_only_its_address_back()
    {
        Apply(Plan());
        _host[KubeletSettings.UsualFile] = _host[KubeletSettings.UsualFile].Replace("port: 10260", "port: 10260\nmaxPods: 5", StringComparison.Ordinal);
        Assert.Contains(Front.PlanUndo().SelectMany(static step => step.Files), static file => file.Outcome.StartsWith("was changed since", StringComparison.Ordinal));
        Undo();
        Assert.Equal("# kubeadm's\nkind: KubeletConfiguration\naddress: 0.0.0.0\nport: 10260\nmaxPods: 5\n", _host[KubeletSettings.UsualFile]);
    }

    [Fact]
    public void One_that_was_written_anew_by_an_upgrade_and_installed_again_goes_back_to_the_upgrades()
    {
        Apply(Plan());
        const string upgraded = "kind: KubeletConfiguration\naddress: 0.0.0.0\nport: 10260\nmaxPods: 7\n";
        _host[KubeletSettings.UsualFile] = upgraded;
        Apply(Plan());
        Assert.Contains("127.0.0.1", _host[KubeletSettings.UsualFile]);
        Undo();
        Assert.Equal(upgraded, _host[KubeletSettings.UsualFile]);
    }

    [Fact]
    public void A_unit_that_was_edited_and_installed_again_does_not_stay_for_ever()
    {
        SortedDictionary<string, string> before = _host.Everything();
        Install();
        _host["/etc/systemd/system/fairlead-node.service"] += "# edited\n";
        Apply(Plan());
        Undo();
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public void Half_taken_out_it_is_asked_of_systemd_again_when_it_is_wanted_back()
    {
        Install();
        Front.BeginUndo(); // its service has ended, and then nothing more could be done
        Assert.Equal(["daemon-reload", "restart kubelet.service", "enable --now fairlead-node.socket", "enable --now fairlead-node.service", "restart fairlead-node.service"], Calls(Plan()));
    }

    [Fact]
    public void A_file_of_the_kubelets_that_overrules_the_address_is_named_before_anything_is_changed()
    {
        _host["/etc/kubelet.d/99-b.conf"] = "address: 10.0.0.5\n";
        Assert.StartsWith("/etc/kubelet.d/99-b.conf says address, ", Assert.Throws<InvalidDataException>(
            () => FrontPlan.Of(Options() with { ConfigFolder = "/etc/kubelet.d" })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Cut_off_after_any_file_it_can_be_taken_out_or_installed(int written)
    {
        SortedDictionary<string, string> before = _host.Everything();
        InstallationPlan plan = Plan();
        Apply(plan);
        foreach (FileChange file in plan.Files.Skip(written)) // as if they had not been written
        {
            if (file.Before is { } former) File.WriteAllBytes(_host.Root.PathOf(file.Path), former);
            else _host.Root.Delete(file.Path);
        }

        Assert.Equal(3 - written, Plan().Files.Count);
        Undo();
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public void Where_the_kubelet_has_drop_ins_the_address_is_one_and_the_configuration_stays()
    {
        _host["/etc/kubelet.d/10-a.conf"] = "maxPods: 5\n";
        SortedDictionary<string, string> before = _host.Everything();
        Apply(FrontPlan.Of(Options() with { ConfigFolder = "/etc/kubelet.d" }));
        Assert.Equal(Configuration, _host[KubeletSettings.UsualFile]);
        Assert.Equal("127.0.0.1",
            KubeletSettings.Read(_host.Root, KubeletSettings.UsualFile, "/etc/kubelet.d", KubeletFlags.None).Address);
        Undo();
        Assert.Equal(before, _host.Everything());
    }

    [Fact]
    public void A_flag_that_overrules_the_address_is_named_before_anything_is_changed()
    {
        InvalidDataException fault = Assert.Throws<InvalidDataException>(
            () => FrontPlan.Of(Options() with { Flags = new KubeletFlags(["--address=0.0.0.0"]) }));
        Assert.Contains("--address=0.0.0.0", fault.Message);
    }

    [Fact]
    public void What_the_kubelet_takes_from_its_flags_stands_in_the_unit()
    {
        KubeletFlags flags = new(["--container-runtime-endpoint=unix:///run/k3s/c.sock", "--cert-dir", "/pki", "--client-ca-file=/ca.crt", "--v=2"]);
        Apply(FrontPlan.Of(Options() with { Flags = flags }));
        Assert.Contains(
            "--config /var/lib/kubelet/config.yaml --cri unix:///run/k3s/c.sock --tls-cert /pki/kubelet.crt --tls-key /pki/kubelet.key " +
            "--kubelet-ca /pki/kubelet.crt --client-ca /ca.crt --node-name", _host["/etc/systemd/system/fairlead-node.service"]);
        Assert.Contains("--port=1", Assert.Throws<InvalidDataException>(
            () => FrontPlan.Of(Options() with { Flags = new KubeletFlags(["--port=1"]) })).Message);
    }

    [Theory]
    [InlineData("--authentication-token-webhook=false")]
    [InlineData("--authentication-token-webhook-cache-ttl=1s")]
    [InlineData("--authorization-webhook-cache-authorized-ttl=1s")]
    [InlineData("--authorization-webhook-cache-unauthorized-ttl=1s")]
    public void A_flag_about_who_may_that_the_front_would_not_see_is_refused_by_name(string flag) =>
        Assert.Contains(flag, Assert.Throws<InvalidDataException>(() => FrontPlan.Of(Options() with { Flags = new KubeletFlags([flag]) })).Message);

    [Fact]
    public void A_word_with_a_lines_end_is_no_word_of_a_unit() =>
        Assert.Throws<InvalidDataException>(() => FrontPlan.Of(Options() with { Arguments = ["--node-name", "a\nExecStartPre=/evil"] }));

    [Fact]
    public void The_service_ends_all_of_its_processes_and_is_confined()
    {
        Apply(Plan());
        foreach (string line in (string[])["KillMode=control-group", "NoNewPrivileges=yes", "UMask=0077", "LockPersonality=yes", "RestrictRealtime=yes", "LimitCORE=0"])
            Assert.Contains("\n" + line + "\n", _host["/etc/systemd/system/fairlead-node.service"]);
    }

    [Fact]
    public void A_link_in_place_of_a_file_is_not_followed()
    {
        string elsewhere = _host.Root.PathOf("/elsewhere");
        File.WriteAllText(elsewhere, "theirs");
        Directory.CreateDirectory(_host.Root.PathOf("/etc/systemd/system"));
        File.CreateSymbolicLink(_host.Root.PathOf("/etc/systemd/system/fairlead-node.socket"), elsewhere);
        Assert.Throws<IOException>(() => Apply(Plan()));
        Assert.Equal("theirs", File.ReadAllText(elsewhere));
    }

    public void Dispose() => _host.Dispose();

    NodeInstallation Front => new(_host.Root, InstallationKind.Front);

    void Apply(InstallationPlan plan)
    {
        Front.Begin(plan);
        Front.Write(plan.Files);
    }

    void Restore()
    {
        foreach (InstallationStep<FileRestoration> step in Front.PlanUndo()) Front.Restore(step.Files);
    }

    static string[] Calls(InstallationPlan plan) => [.. plan.Calls.Select(static call => string.Join(' ', call))];

    IReadOnlyList<string> Recorded(FrontPlanOptions options)
    {
        Apply(FrontPlan.Of(options with { Program = "/opt/fairlead" }));
        return Front.RecordedFlags()!.Arguments;
    }

    void Install()
    {
        Apply(Plan());
        Front.Complete();
    }

    void Undo()
    {
        Restore();
        Front.Forget();
    }

    FrontPlanOptions Options(string program = "/usr/local/bin/fairlead") => new()
    {
        Root = _host.Root,
        Program = program,
        Arguments = ["--node-name", "a b%"],
        Addresses = [IPAddress.Parse("10.0.0.5"), IPAddress.Parse("fd00::5")],
    };

    InstallationPlan Plan(string program = "/usr/local/bin/fairlead") => FrontPlan.Of(Options(program));
}
