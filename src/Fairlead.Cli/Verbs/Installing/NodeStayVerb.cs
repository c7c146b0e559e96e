using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Installing;
using Fairlead.Cli.Node;
using Fairlead.Cli.Usage;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Verbs.Installing;

/// <summary><c>fairlead node stay</c>: a front that is there as long as this process: what a DaemonSet runs.</summary>
[SupportedOSPlatform("linux")]
static class NodeStayVerb
{
    public static Command Create(Invocation invocation)
    {
        FrontOptions front = new();
        StayOptions stay = new(InstallationKind.Front, "/usr/local/bin/fairlead-node");
        Option<string?> token = new("--token-from")
        {
            HelpName = "FILE",
            Description = "Copy this file to --kubelet-token-file on the machine, and again when it changes: a pod's own token",
        };
        VerbCommand verb = new("stay", "Put a front before a machine's kubelet, keep it there, and take it out when this process is ended.")
        {
            Of = "node",
            Usage = "--holder NAME --yes [--remove] [options]",
            Examples = """
                # In a pod that sees the machine's root at /host, with the pod's own token as the front's credential
                fairlead node stay --root /host --holder "$POD_NAME" --kubelet-token-file /etc/fairlead/token \
                  --token-from /var/run/secrets/fairlead/token --yes

                # Whether that pod has put it in: exit code 0 or 1
                fairlead node stay --root /host --holder "$POD_NAME" --check

                # Take out what others left
                fairlead node stay --root /host --holder "$POD_NAME" --remove --yes
                """,
            CodesHelp = """
                Exit codes: 0 when it was ended and has left the machine as it should be, 1 otherwise. A second holder takes over from a
                first, which then leaves the front to it.
                """,
        };
        front.AddTo(verb);
        verb.Add(token);
        stay.AddTo(verb);
        verb.SetAction((parsed, cancellationToken) => stay.RunAsync(
            invocation, parsed, front.ReadRoot(parsed), program => front.Read(parsed).Plan(program),
            () => parsed.GetValue(token) is not { } from ? null : (from, front.TokenFile(parsed)
                ?? throw new UsageException("--token-from needs --kubelet-token-file, where the front finds it on the machine")),
            cancellationToken));
        return verb;
    }
}
