using System.Net;

namespace Fairlead.Server.Kubelet;

/// <summary>The machine that this process runs on, as a cluster knows it.</summary>
public static class ThisMachine
{
    /// <summary>The Node's name where nobody has said another: the machine's whole name, domain included, as a kubelet takes it.</summary>
    public static string NodeName { get; } = AsNodeName(Dns.GetHostName());

    /// <summary>A machine's name, or what a kubelet is told to take for it, as the name of a Node.</summary>
    /// <param name="hostName">The name, of <c>/etc/hostname</c> for instance.</param>
#pragma warning disable CA1308 // a Node's name is in small letters: Kubernetes, pkg/util/node, GetHostname
    public static string AsNodeName(string hostName) =>
        (hostName ?? throw new ArgumentNullException(nameof(hostName))).Trim().ToLowerInvariant();
#pragma warning restore CA1308
}
