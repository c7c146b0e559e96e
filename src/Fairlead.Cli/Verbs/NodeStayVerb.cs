using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Node;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead node stay</c>: a front that is there as long as this process: what a DaemonSet runs.</summary>
[SupportedOSPlatform("linux")]
static class NodeStayVerb
{
    public static Command Create(Invocation invocation)
    {
        FrontOptions front = new();
        Option<string> program = new("--program")
        {
            HelpName = "FILE",
            Description = "Where the command is put on the machine (default /usr/local/bin/fairlead-node)",
            DefaultValueFactory = _ => "/usr/local/bin/fairlead-node",
        };
        Option<string?> from = Text("--program-from", "FILE", "What is put there (default: this command)");
        Option<string?> token = Text("--token-from", "FILE",
            "Copy this file to --kubelet-token-file on the machine, and again when it changes: a pod's own token");
        Option<string?> holder = Text("--holder", "NAME",
            "Who this is: a name that no other has, such as a pod's (default: $FAIRLEAD_HOLDER)");
        Option<TimeSpan> every = new("--look-every")
        {
            HelpName = "DURATION",
            Description = "How often it is looked whether all is as it should be, and mended (default 10s)",
            DefaultValueFactory = _ => TimeSpan.FromSeconds(10),
            CustomParser = DurationText.ParsePositive,
        };
        Option<bool> remove = new("--remove") { Description = "Take the front out at the start, and only stay" };
        Option<bool> check = new("--check") { Description = "Say by the exit code whether --holder has done its work; changes nothing" };
        Option<bool> yes = new("--yes") { Description = "Change the machine: nothing is done without it" };
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
        foreach (Option option in (Option[])[program, from, token, holder, every, remove, check, yes]) verb.Add(option);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            string name = parsed.GetValue(holder) ?? Environment.GetEnvironmentVariable("FAIRLEAD_HOLDER")
                ?? throw new UsageException("say by --holder who this is");
            bool isRemoval = parsed.GetValue(remove);
            HostRoot root = front.ReadRoot(parsed);
            if (parsed.GetValue(check)) return await FrontStay.CheckAsync(root, name, isRemoval, invocation.Output);
            if (!parsed.GetValue(yes)) throw new UsageException("this changes the machine at once: say --yes to it");
            FrontStay stay = new(invocation, root, name)
            {
                Choose = isRemoval ? null : () => front.Read(parsed),
                Program = parsed.GetValue(program)!,
                Source = parsed.GetValue(from) ?? Environment.ProcessPath!,
                TokenSource = parsed.GetValue(token),
                Every = parsed.GetValue(every),
            };
            await stay.RunAsync(cancellationToken);
            return ExitCodes.Success;
        });
        return verb;
    }

    static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
