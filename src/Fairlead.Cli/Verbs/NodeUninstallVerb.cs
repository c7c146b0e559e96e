using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Node;
using Fairlead.Cli.Usage;
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
        IReadOnlyList<FileRestoration> files = Plan(root);
        if (files.Count == 0)
        {
            await output.WriteLineAsync("no front is installed here: nothing to do");
            return ExitCodes.Success;
        }

        SystemdCalls systemd = new(root, output);
        if (!yes)
        {
            await output.WriteLineAsync("first:");
            await systemd.ShowAsync(FrontInstallation.CallsBeforeUndo);
            foreach (FileRestoration file in files) await output.WriteLineAsync($"{file.Path} {file.Outcome}");
            await output.WriteLineAsync("then:");
            await systemd.ShowAsync(FrontInstallation.CallsAfterUndo);
            await output.WriteLineAsync("nothing was changed: add --yes to do it");
            return ExitCodes.Success;
        }

        await systemd.RunAsync(FrontInstallation.CallsBeforeUndo, cancellationToken);
        FrontInstallation.Restore(root, files);
        foreach (FileRestoration file in files) await output.WriteLineAsync($"{file.Path} {file.Outcome}");
        await systemd.RunAsync(FrontInstallation.CallsAfterUndo, cancellationToken);
        string end = WhereTheKubeletIs(root);
        FrontInstallation.Forget(root);
        await output.WriteLineAsync(end);
        return ExitCodes.Success;
    }

    /// <summary>The address may have stood there before the front was put in.</summary>
    static string WhereTheKubeletIs(HostRoot root)
    {
        try
        {
            return FrontInstallation.KubeletAddress(root) is "127.0.0.1" or "::1" or "localhost"
                ? "uninstalled, but the kubelet still listens on 127.0.0.1 alone, as it did before the front was put in: the API server "
                    + "does not reach this node. Take the address out of its configuration, and out of the ConfigMap kubelet-config, and "
                    + "restart the kubelet"
                : "uninstalled: the kubelet has its addresses back";
        }
        catch (InvalidDataException e)
        {
            return "uninstalled; where the kubelet listens cannot be told: " + e.Message;
        }
    }

    static IReadOnlyList<FileRestoration> Plan(HostRoot root)
    {
        try
        {
            return FrontInstallation.PlanUndo(root);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
