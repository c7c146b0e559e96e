using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Fairlead.Server.Handshakes;

/// <summary>The web server's minimum data rates, for answers that last as long as their reader likes.</summary>
public static class DataRates
{
    /// <summary>Takes the web server's minimum rates off this request: a reader that pauses is no attack here, and is waited for.</summary>
    public static void Lift(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } response) response.MinDataRate = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } request) request.MinDataRate = null;
    }
}
