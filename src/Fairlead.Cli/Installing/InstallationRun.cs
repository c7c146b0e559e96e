using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Installing;

/// <summary>What <c>install</c> and <c>uninstall</c> do: they show it, or do it.</summary>
/// <param name="invocation">Where they tell.</param>
/// <param name="root">The machine.</param>
/// <param name="kind">What is installed.</param>
/// <param name="yes">Do it.</param>
[SupportedOSPlatform("linux")]
sealed class InstallationRun(Invocation invocation, HostRoot root, InstallationKind kind, bool yes)
{
    readonly TextWriter _output = invocation.Output;
    readonly InstallationChanges _changes = new(root, kind, invocation.Output);

    /// <param name="plan">Looks at the machine and says what is to be done.</param>
    /// <param name="cancellationToken">Ends it between two calls.</param>
    public async Task<int> InstallAsync(Func<InstallationPlan> plan, CancellationToken cancellationToken)
    {
        using InstallationLock? held = yes ? await InstallationLock.TakeAsync(root) : null; // a pod may keep something here
        InstallationPlan planned = plan();
        if (planned.Calls.Count == 0)
        {
            await _output.WriteLineAsync("everything is as it should be: nothing to do");
            return ExitCodes.Success;
        }

        foreach (InstallationStep<FileChange> step in planned.Steps)
        {
            foreach (FileChange file in step.Files)
            {
                string[] lines = [.. file.Difference()];
                await _output.WriteLineAsync($"{file.Path}: {lines[0]} ({file.Why})");
                foreach (string line in lines[1..]) await _output.WriteLineAsync("  " + line);
            }

            if (!yes) await ShowAsync("then:", step.Calls);
        }

        if (!yes) return await UnchangedAsync();
        await _changes.InstallAsync(planned, cancellationToken);
        return ExitCodes.Success;
    }

    /// <param name="cancellationToken">Ends it between two calls.</param>
    public async Task<int> UninstallAsync(CancellationToken cancellationToken)
    {
        using InstallationLock? held = yes ? await InstallationLock.TakeAsync(root) : null;
        IReadOnlyList<InstallationStep<FileRestoration>> steps = _changes.PlanUndo();
        if (steps.Count == 0)
        {
            await _output.WriteLineAsync($"no {kind.Name} is installed here: nothing to do");
            return ExitCodes.Success;
        }

        if (!yes)
        {
            string when = steps[0].Files.Count == 0 ? "first:" : "then:";
            foreach (InstallationStep<FileRestoration> step in steps)
            {
                foreach (FileRestoration file in step.Files) await _output.WriteLineAsync($"{file.Path} {file.Outcome}");
                await ShowAsync(when, step.Calls);
                when = "then:";
            }

            return await UnchangedAsync();
        }

        await _changes.UninstallAsync(steps, cancellationToken);
        if (InstallationHolder.Read(root, kind) is { } holder)
        {
            holder.Leave(root, kind);
            await _output.WriteLineAsync($"{holder.Name} kept the {kind.Name} here: as long as it runs it puts it in again");
        }

        return ExitCodes.Success;
    }

    async Task ShowAsync(string when, IReadOnlyList<string[]> calls)
    {
        if (calls.Count == 0) return;
        await _output.WriteLineAsync(when);
        await _changes.Systemd.ShowAsync(calls);
    }

    async Task<int> UnchangedAsync()
    {
        await _output.WriteLineAsync("nothing was changed: add --yes to do it");
        return ExitCodes.Success;
    }
}
