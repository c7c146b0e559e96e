using Fairlead.Server.Requests;
using Fairlead.Streaming;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Server.Handshakes;

/// <summary>
/// The limits of one session: where they name no log of their own, its carrier logs where the server does; where they name no words, those
/// of the request are withheld.
/// </summary>
static class SessionLimits
{
    internal static CarrierLimits Of(HttpContext context, CarrierLimits limits) => limits with
    {
        Logger = limits.Logger is NullLogger && context.RequestServices?.GetService<ILoggerFactory>() is { } logging
            ? logging.CreateLogger(CarrierLimits.LogCategory)
            : limits.Logger,
        Withheld = limits.Withheld == WithheldWords.None ? RequestSecrets.Of(context.Request) : limits.Withheld,
    };
}
