using System.Globalization;
using Fairlead.Wire.PortForward;

namespace Fairlead.Server.Requests;

/// <summary>The ports of a request, which forms with channels need: <c>ports=80&amp;ports=443</c> or <c>ports=80,443</c>.</summary>
public static class PortForwardQuery
{
    /// <summary>Reads them.</summary>
    /// <param name="query">The query.</param>
    /// <param name="name">The parameter: <c>ports</c>, or <c>port</c> for a kubelet.</param>
    /// <param name="problem">Why they cannot be read: one is no port, or there are too many.</param>
    /// <returns>Null where they cannot be read.</returns>
    public static IReadOnlyList<int>? Read(QueryParameters query, string name, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(query);
        List<int> ports = [];
        foreach (string text in query.All(name).SelectMany(static value => value.Split(',')))
        {
            problem = !ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0
                ? $"invalid port \"{text}\": a number from 1 to 65535 is needed"
                : ports.Count == PortChannels.MostPorts ? $"at most {PortChannels.MostPorts} ports can be forwarded by one request"
                : null;
            if (problem is not null) return null;
            ports.Add(port);
        }

        problem = null;
        return ports;
    }
}
