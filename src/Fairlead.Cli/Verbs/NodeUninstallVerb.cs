using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Node;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead node uninstall</c>: takes a front out again.</summary>
[SupportedOSPlatform("linux")]
static class NodeUninstallVerb
{
    public static Command Create(Invocation invocation)
    {
        Option<string> root = FrontOptions.Root();
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
        verb.SetAction((parsed, cancellationToken) => RunAsync(
            invocation, new HostRoot(parsed.GetValue(root)!), parsed.GetValue(yes), cancellationToken));
        return verb;
    }

    static async Task<int> RunAsync(Invocation invocation, HostRoot root, bool yes, CancellationToken cancellationToken)
    {
        TextWriter output = invocation.Output;
        using FrontLock? held = yes ? await FrontLock.TakeAsync(root) : null; // a pod may keep a front here
        FrontChanges changes = new(root, output);
        IReadOnlyList<FileRestoration> files = changes.PlanUndo();
        if (files.Count == 0)
        {
            await output.WriteLineAsync("no front is installed here: nothing to do");
            return ExitCodes.Success;
        }

        if (!yes)
        {
            await output.WriteLineAsync("first:");
            await changes.Systemd.ShowAsync(FrontInstallation.CallsBeforeUndo(root));
            foreach (FileRestoration file in files) await output.WriteLineAsync($"{file.Path} {file.Outcome}");
            await output.WriteLineAsync("then:");
            await changes.Systemd.ShowAsync(FrontInstallation.CallsAfterUndo);
            await output.WriteLineAsync("nothing was changed: add --yes to do it");
            return ExitCodes.Success;
        }

        await changes.UninstallAsync(files, cancellationToken);
        if (FrontHolder.Read(root) is { } holder)
        {
            holder.Leave(root);
            await output.WriteLineAsync($"{holder.Name} kept the front here: as long as it runs it puts it in again");
        }

        return ExitCodes.Success;
    }
}
