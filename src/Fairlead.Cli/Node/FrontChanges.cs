using System.Runtime.Versioning;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Node;

/// <summary>Puts a front in and takes it out, telling each step: files, and systemd's calls.</summary>
/// <param name="root">The machine.</param>
/// <param name="output">Where it is told.</param>
[SupportedOSPlatform("linux")]
sealed class FrontChanges(HostRoot root, TextWriter output)
{
    public SystemdCalls Systemd { get; } = new(root, output);

    /// <exception cref="UsageException">It cannot be done as the line has it.</exception>
    public static InstallationPlan Plan(FrontChoice choice, string program)
    {
        if (choice.Certificate is null && choice.Token is null)
            throw new UsageException(
                "the front needs a credential of its own for the kubelet: --kubelet-client-cert and --kubelet-client-key, or " +
                "--kubelet-token-file");
        if (choice.Kubeconfig is null)
            throw new UsageException("no kubelet runs here whose kubeconfig could be taken: name one by --authorization-kubeconfig");
        try
        {
            return InstallationPlan.Of(new InstallationOptions
            {
                Root = choice.Root,
                Config = choice.Config,
                ConfigFolder = choice.ConfigFolder,
                Flags = choice.Flags ?? KubeletFlags.None,
                Program = program,
                Arguments = choice.Arguments,
                Addresses = NodeAddresses.Find(),
            });
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Makes what was planned.</summary>
    public async Task InstallAsync(InstallationPlan plan, CancellationToken cancellationToken)
    {
        FrontInstallation.Apply(root, plan);
        foreach (FileChange file in plan.Files) await output.WriteLineAsync($"wrote {file.Path}");
        await Systemd.RunAsync(plan.Calls, cancellationToken);
        FrontInstallation.Complete(root);
        await output.WriteLineAsync("installed: the front has the node's addresses, the kubelet has loopback");
    }

    /// <summary>What taking it out would do.</summary>
    /// <exception cref="UsageException">The record of what was put in cannot be read.</exception>
    public IReadOnlyList<FileRestoration> PlanUndo()
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

    /// <summary>Takes it out.</summary>
    public async Task UninstallAsync(IReadOnlyList<FileRestoration> files, CancellationToken cancellationToken)
    {
        await Systemd.RunAsync(FrontInstallation.CallsBeforeUndo(root), cancellationToken);
        FrontInstallation.Restore(root, files);
        foreach (FileRestoration file in files) await output.WriteLineAsync($"{file.Path} {file.Outcome}");
        await Systemd.RunAsync(FrontInstallation.CallsAfterUndo, cancellationToken);
        string end = WhereTheKubeletIs();
        FrontInstallation.Forget(root);
        await output.WriteLineAsync(end);
    }

    /// <summary>The address may have stood there before the front was put in.</summary>
    string WhereTheKubeletIs()
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
}
