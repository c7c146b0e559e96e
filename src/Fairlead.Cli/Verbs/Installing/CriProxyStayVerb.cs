using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Installing;
using Fairlead.Cli.Node;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Verbs.Installing;

/// <summary><c>fairlead cri-proxy stay</c>: a CRI proxy that is there as long as this process: what a DaemonSet runs.</summary>
[SupportedOSPlatform("linux")]
static class CriProxyStayVerb
{
    public static Command Create(Invocation invocation)
    {
        CriProxyPlaceOptions place = new();
        StayOptions stay = new(InstallationKind.CriProxy, "/usr/local/bin/fairlead-cri-proxy");
        VerbCommand verb = new("stay",
            "Put a CRI proxy between a machine's kubelet and its runtime, keep it there, and take it out when this process is ended.")
        {
            Of = "cri-proxy",
            Usage = "--holder NAME --yes [--remove] [options]",
            Examples = """
                # In a pod that sees the machine's root at /host
                fairlead cri-proxy stay --root /host --holder "$POD_NAME" --yes

                # Whether that pod has put it in: exit code 0 or 1
                fairlead cri-proxy stay --root /host --holder "$POD_NAME" --check

                # Take out what others left
                fairlead cri-proxy stay --root /host --holder "$POD_NAME" --remove --yes
                """,
            CodesHelp = """
                Exit codes: 0 when it was ended and has left the machine as it should be, 1 otherwise. A second holder takes over from a
                first, which then leaves the proxy to it.
                """,
        };
        place.AddTo(verb);
        stay.AddTo(verb);
        verb.SetAction((parsed, cancellationToken) => stay.RunAsync(
            invocation, parsed, place.ReadRoot(parsed), program => place.Plan(parsed, program), static () => null, cancellationToken));
        return verb;
    }
}
