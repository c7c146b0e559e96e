using System.Net;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>Where a front is put before a kubelet, and what it is started with.</summary>
public sealed record InstallationOptions
{
    /// <summary>The machine.</summary>
    public HostRoot Root { get; init; } = HostRoot.Own;

    /// <summary>The kubelet's configuration.</summary>
    public string Config { get; init; } = KubeletSettings.UsualFile;

    /// <summary>The folder of its drop-ins, where the kubelet has one: the change of address is then a file of its own there.</summary>
    public string? ConfigFolder { get; init; }

    /// <summary>What the kubelet was started with.</summary>
    public KubeletFlags Flags { get; init; } = KubeletFlags.None;

    /// <summary>Where the command is on the machine.</summary>
    public required string Program { get; init; }

    /// <summary>
    /// The options of <c>fairlead node</c> that the unit is started with, beside those about the kubelet's configuration.
    /// </summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The node's own addresses, which the front listens on.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }
}
