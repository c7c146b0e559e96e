using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Installing;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Verbs.Installing;

/// <summary><c>fairlead node uninstall</c>: takes a front out again.</summary>
[SupportedOSPlatform("linux")]
static class NodeUninstallVerb
{
    public static Command Create(Invocation invocation)
    {
        Option<string> root = KubeletLook.Root();
        Option<bool> yes = new("--yes") { Description = "Make the changes; without it they are only shown" };
        VerbCommand verb = new("uninstall", "Take the front before this machine's kubelet out again: every file is as it was before.")
        {
            Of = "node",
            Usage = "[--yes] [--root DIR]",
            Examples = """
                # Show what would be changed
                fairlead node uninstall

                # Change it. Sessions through the front end, running pods run on
                fairlead node uninstall --yes
                """,
        };
        verb.Add(root);
        verb.Add(yes);
        verb.SetAction((parsed, cancellationToken) =>
            new InstallationRun(invocation, new HostRoot(parsed.GetValue(root)!), InstallationKind.Front, parsed.GetValue(yes))
                .UninstallAsync(cancellationToken));
        return verb;
    }
}
