using System.Globalization;
using Fairlead.Wire.PortForward;
using Microsoft.Extensions.Primitives;

namespace Fairlead.Server.PodsApi;

/// <summary>The ports of a request, which forms with channels need: <c>ports=80&amp;ports=443</c> or <c>ports=80,443</c>.</summary>
static class PortForwardQuery
{
    /// <exception cref="ApiRefusal">One is no port, or there are too many.</exception>
    public static IReadOnlyList<int> Read(StringValues values)
    {
        List<int> ports = [];
        foreach (string text in values.SelectMany(static value => (value ?? "").Split(',')))
        {
            if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
                throw new ApiRefusal(Refusals.BadRequest($"invalid port \"{text}\": a number from 1 to 65535 is needed"));
            ports.Add(port);
        }

        return ports.Count <= PortChannels.MostPorts ? ports : throw new ApiRefusal(Refusals.BadRequest($"at most {PortChannels.MostPorts} ports can be forwarded by one request"));
    }
}
