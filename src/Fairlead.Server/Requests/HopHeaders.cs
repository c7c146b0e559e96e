using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Fairlead.Server.Requests;

/// <summary>
/// Headers that are for one hop only because a Connection header names them (RFC 9110 section 7.6.1). Upgrade is the server's own business.
/// </summary>
public static class HopHeaders
{
    /// <summary>The names that a Connection header has.</summary>
    public static IEnumerable<string> NamedBy(StringValues connection) => SubprotocolNegotiation.Split(connection)
        .Where(static name => !name.Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase));

    /// <summary>Takes them out of what goes on.</summary>
    /// <param name="headers">What goes on.</param>
    /// <param name="connection">The Connection header that came.</param>
    public static void Remove(IHeaderDictionary headers, StringValues connection)
    {
        ArgumentNullException.ThrowIfNull(headers);
        foreach (string name in NamedBy(connection)) headers.Remove(name);
    }
}
