using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Fairlead.Server.Handshakes;

/// <summary>The web server's minimum data rates, for answers that last as long as their reader likes and for those that do not.</summary>
public static class DataRates
{
    /// <summary>The web server's own, which <see cref="PodsApiKestrel"/> takes off for the sake of HTTP/2.</summary>
    static readonly MinDataRate s_usual = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>
    /// Gives an answer over HTTP/1.1 its minimum rate, where the web server has none: a reader that pauses holds what waits for it. Over
    /// HTTP/2 the rate would be the whole connection's, and there is none.
    /// </summary>
    public static void Keep(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { MinDataRate: null } response) response.MinDataRate = s_usual;
    }

    /// <summary>Takes the web server's minimum rates off this request: a reader that pauses is no attack here, and is waited for.</summary>
    public static void Lift(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } response) response.MinDataRate = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } request) request.MinDataRate = null;
    }
}
