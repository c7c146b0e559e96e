using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Installing;
using Fairlead.Cli.Node;
using Fairlead.Cli.Usage;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Verbs.Installing;

/// <summary><c>fairlead node install</c>: puts a front before this machine's kubelet.</summary>
[SupportedOSPlatform("linux")]
static class NodeInstallVerb
{
    public static Command Create(Invocation invocation)
    {
        FrontOptions front = new();
        Option<bool> yes = new("--yes") { Description = "Make the changes; without it they are only shown" };
        Option<string?> program = new("--program")
        {
            HelpName = "FILE",
            Description = "Where this command is on the machine (default: here)"
        };
        VerbCommand verb = new("install", "Put a front before this machine's kubelet: two systemd units, and the kubelet's address.")
        {
            Of = "node",
            Usage = "--kubelet-client-cert FILE --kubelet-client-key FILE [--yes] [options]",
            Examples = """
                # Show what would be changed
                fairlead node install --kubelet-client-cert /etc/fairlead/node.crt --kubelet-client-key /etc/fairlead/node.key

                # Change it. Running pods run on; the node's port is away while the kubelet restarts
                fairlead node install --kubelet-client-cert /etc/fairlead/node.crt --kubelet-client-key /etc/fairlead/node.key --yes

                # Take it out again
                fairlead node uninstall --yes
                """,
        };
        front.AddTo(verb);
        verb.Add(program);
        verb.Add(yes);
        verb.SetAction((parsed, cancellationToken) =>
            new InstallationRun(invocation, front.ReadRoot(parsed), InstallationKind.Front, parsed.GetValue(yes)).InstallAsync(
                () => front.Read(parsed).Plan(parsed.GetValue(program) ?? Environment.ProcessPath
                    ?? throw new UsageException("say by --program where this command is")), cancellationToken));
        return verb;
    }
}
