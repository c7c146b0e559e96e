using Fairlead.Wire;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server;

/// <summary>What of a request no log may quote: its query, which holds the command, and its headers, which hold credentials.</summary>
public static class RequestSecrets
{
    /// <summary>Collects them; for the moment in which a failure is logged, not for every request.</summary>
    public static WithheldWords Of(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new WithheldWords(request.Query.SelectMany(static parameter => parameter.Value).Concat(request.Headers.SelectMany(static header => header.Value))
            .OfType<string>().Append(request.QueryString.Value ?? ""));
    }
}
