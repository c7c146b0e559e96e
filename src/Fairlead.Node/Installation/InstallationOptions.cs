using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>Beside which kubelet something is installed, and what program it is.</summary>
public abstract record InstallationOptions
{
    /// <summary>The machine.</summary>
    public HostRoot Root { get; init; } = HostRoot.Own;

    /// <summary>The kubelet's configuration.</summary>
    public string Config { get; init; } = KubeletSettings.UsualFile;

    /// <summary>The folder of its drop-ins, where the kubelet has one: what is changed is then a file of its own there.</summary>
    public string? ConfigFolder { get; init; }

    /// <summary>What the kubelet was started with.</summary>
    public KubeletFlags Flags { get; init; } = KubeletFlags.None;

    /// <summary>Where the command is on the machine.</summary>
    public required string Program { get; init; }
}
