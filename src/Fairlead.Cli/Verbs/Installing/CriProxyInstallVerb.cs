using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Installing;
using Fairlead.Cli.Node;
using Fairlead.Cli.Usage;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Verbs.Installing;

/// <summary><c>fairlead cri-proxy install</c>: puts a CRI proxy between this machine's kubelet and its container runtime.</summary>
[SupportedOSPlatform("linux")]
static class CriProxyInstallVerb
{
    public static Command Create(Invocation invocation)
    {
        CriProxyPlaceOptions place = new();
        Option<bool> yes = new("--yes") { Description = "Make the changes; without it they are only shown" };
        Option<string?> program = new("--program")
        {
            HelpName = "FILE",
            Description = "Where this command is on the machine (default: here)"
        };
        VerbCommand verb = new("install",
            "Put a CRI proxy between this machine's kubelet and its runtime: a systemd unit, and the kubelet's endpoint.")
        {
            Of = "cri-proxy",
            Usage = "[--yes] [options]",
            Examples = """
                # Show what would be changed
                fairlead cri-proxy install

                # Change it. The kubelet is restarted when the proxy answers; running pods run on
                fairlead cri-proxy install --yes

                # Another runtime's socket than the one that the kubelet asks now
                fairlead cri-proxy install --cri unix:///run/other/containerd.sock --yes

                # Take it out again
                fairlead cri-proxy uninstall --yes
                """,
        };
        place.AddTo(verb);
        verb.Add(program);
        verb.Add(yes);
        verb.SetAction((parsed, cancellationToken) =>
            new InstallationRun(invocation, place.ReadRoot(parsed), InstallationKind.CriProxy, parsed.GetValue(yes)).InstallAsync(
                () => place.Plan(parsed, parsed.GetValue(program) ?? Environment.ProcessPath
                    ?? throw new UsageException("say by --program where this command is")), cancellationToken));
        return verb;
    }
}
