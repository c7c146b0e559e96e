using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Fairlead.Node.Host;

/// <summary>The machine's own addresses, at which an API server can look for its kubelet.</summary>
/// <remarks>
/// A kubelet that listens on 0.0.0.0 is met at every one of them. Left out are loopback, where the kubelet itself stays, and link-local
/// ones, which no Node has.
/// </remarks>
public static class NodeAddresses
{
    /// <summary>Looks them up.</summary>
    /// <returns>IPv4 first, each sorted, so that two looks at the same machine give the same list.</returns>
    public static IReadOnlyList<IPAddress> Find() =>
        [.. NetworkInterface.GetAllNetworkInterfaces()
            .Where(static each => each.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(static each => each.GetIPProperties().UnicastAddresses).Select(static each => each.Address)
            .Where(IsReachable).Distinct()
            .OrderBy(static address => address.AddressFamily == AddressFamily.InterNetworkV6)
            .ThenBy(static address => Convert.ToHexString(address.GetAddressBytes()), StringComparer.Ordinal)];

    static bool IsReachable(IPAddress address) =>
        !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && !address.IsIPv4MappedToIPv6
        && !(address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..]);
}
