using System.Runtime.Versioning;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Installing;

/// <summary>Puts something in and takes it out, telling each step: files, and systemd's calls.</summary>
/// <param name="root">The machine.</param>
/// <param name="kind">What it is.</param>
/// <param name="output">Where it is told.</param>
[SupportedOSPlatform("linux")]
sealed class InstallationChanges(HostRoot root, InstallationKind kind, TextWriter output)
{
    public NodeInstallation Installation { get; } = new(root, kind);

    public SystemdCalls Systemd { get; } = new(root, kind, output);

    /// <summary>Makes what was planned. A step that fails is the last one.</summary>
    public async Task InstallAsync(InstallationPlan plan, CancellationToken cancellationToken)
    {
        Installation.Begin(plan);
        foreach (InstallationStep<FileChange> step in plan.Steps)
        {
            Installation.Write(step.Files);
            foreach (FileChange file in step.Files) await output.WriteLineAsync($"wrote {file.Path}");
            await Systemd.RunAsync(step.Calls, cancellationToken);
        }

        Installation.Complete();
        await output.WriteLineAsync(InstallationWords.Installed(Installation));
    }

    /// <summary>What taking it out would do.</summary>
    /// <exception cref="UsageException">The record of what was put in cannot be read.</exception>
    public IReadOnlyList<InstallationStep<FileRestoration>> PlanUndo()
    {
        try
        {
            return Installation.PlanUndo();
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Takes it out. A step that fails is the last one.</summary>
    public async Task UninstallAsync(IReadOnlyList<InstallationStep<FileRestoration>> steps, CancellationToken cancellationToken)
    {
        Installation.BeginUndo();
        foreach (InstallationStep<FileRestoration> step in steps)
        {
            Installation.Restore(step.Files);
            foreach (FileRestoration file in step.Files) await output.WriteLineAsync($"{file.Path} {file.Outcome}");
            await Systemd.RunAsync(step.Calls, cancellationToken);
        }

        string end = InstallationWords.Uninstalled(Installation);
        Installation.Forget();
        await output.WriteLineAsync(end);
    }
}
