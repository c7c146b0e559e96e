using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Node;
using Fairlead.Cli.Usage;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Verbs;

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
        verb.SetAction((parsed, cancellationToken) => RunAsync(
            invocation, front.Read(parsed), parsed.GetValue(program), parsed.GetValue(yes), cancellationToken));
        return verb;
    }

    static async Task<int> RunAsync(
        Invocation invocation, FrontChoice choice, string? program, bool yes, CancellationToken cancellationToken)
    {
        TextWriter output = invocation.Output;
        using FrontLock? held = yes ? await FrontLock.TakeAsync(choice.Root) : null; // a pod may keep a front here
        InstallationPlan plan = FrontChanges.Plan(
            choice, program ?? Environment.ProcessPath ?? throw new UsageException("say by --program where this command is"));
        if (plan.Calls.Count == 0)
        {
            await output.WriteLineAsync("everything is as it should be: nothing to do");
            return ExitCodes.Success;
        }

        foreach (FileChange file in plan.Files)
        {
            string[] lines = [.. file.Difference()];
            await output.WriteLineAsync($"{file.Path}: {lines[0]} ({file.Why})");
            foreach (string line in lines[1..]) await output.WriteLineAsync("  " + line);
        }

        FrontChanges changes = new(choice.Root, output);
        if (!yes)
        {
            await output.WriteLineAsync("then:");
            await changes.Systemd.ShowAsync(plan.Calls);
            await output.WriteLineAsync("nothing was changed: add --yes to do it");
            return ExitCodes.Success;
        }

        await changes.InstallAsync(plan, cancellationToken);
        return ExitCodes.Success;
    }
}
