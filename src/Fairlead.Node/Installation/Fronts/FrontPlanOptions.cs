using System.Net;

namespace Fairlead.Node.Installation.Fronts;

/// <summary>Before which kubelet a front is put, and what it is started with.</summary>
public sealed record FrontPlanOptions : InstallationOptions
{
    /// <summary>
    /// The options of <c>fairlead node</c> that the unit is started with, beside those about the kubelet's configuration.
    /// </summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The node's own addresses, which the front listens on.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }
}
