using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Installing;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Verbs.Installing;

/// <summary><c>fairlead cri-proxy uninstall</c>: takes a CRI proxy out again.</summary>
[SupportedOSPlatform("linux")]
static class CriProxyUninstallVerb
{
    public static Command Create(Invocation invocation)
    {
        Option<string> root = KubeletLook.Root();
        Option<bool> yes = new("--yes") { Description = "Make the changes; without it they are only shown" };
        VerbCommand verb = new("uninstall",
            "Take the CRI proxy out again: the kubelet asks its runtime itself, and every file is as it was before.")
        {
            Of = "cri-proxy",
            Usage = "[--yes] [--root DIR]",
            Examples = """
                # Show what would be changed
                fairlead cri-proxy uninstall

                # Change it. The kubelet is restarted first; sessions through the proxy end, running pods run on
                fairlead cri-proxy uninstall --yes
                """,
        };
        verb.Add(root);
        verb.Add(yes);
        verb.SetAction((parsed, cancellationToken) =>
            new InstallationRun(invocation, new HostRoot(parsed.GetValue(root)!), InstallationKind.CriProxy, parsed.GetValue(yes))
                .UninstallAsync(cancellationToken));
        return verb;
    }
}
