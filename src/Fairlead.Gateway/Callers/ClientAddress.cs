using System.Net;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Gateway.Callers;

/// <summary>
/// Where a request comes from, for the audit: the connection's other end, or what proxies say that are trusted to. Nobody is let in for it.
/// </summary>
static class ClientAddress
{
    const string Header = "X-Forwarded-For";

    /// <summary>
    /// Each proxy adds whom it was asked by at the end. So the list is read from its end, and only as long as the one who has said it is
    /// trusted: what stands before that can be anybody's.
    /// </summary>
    /// <returns>Null where the connection has no address.</returns>
    internal static IPAddress? Of(HttpContext context, IReadOnlyList<IPNetwork> proxies)
    {
        if (context.Connection.RemoteIpAddress is not { } address) return null;
        address = Plain(address);
        if (!IsIn(proxies, address) || context.Features.Get<SourcelessConnection>() is not null) return address;
        string[] said = [.. context.Request.Headers[Header].SelectMany(static line => (line ?? "").Split(','))];
        for (int i = said.Length - 1; i >= 0 && IsIn(proxies, address); i--)
        {
            if (Parse(said[i].Trim()) is not { } before) break; // whoever wrote that did not know either
            address = before;
        }

        return address;
    }

    /// <summary>
    /// On a connection whose PROXY header names nobody: TLS passes through there, so that what stands in its requests is the client's own
    /// word.
    /// </summary>
    internal sealed class SourcelessConnection;

    internal static bool IsIn(IReadOnlyList<IPNetwork> networks, IPAddress address) =>
        networks.Any(network => network.Contains(Plain(address)));

    static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>An address, with or without a port.</summary>
    static IPAddress? Parse(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) && !text.StartsWith('[') ? Plain(address)
        : IPEndPoint.TryParse(text, out IPEndPoint? end) ? Plain(end.Address)
        : null;
}
