using Fairlead.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Server;

/// <summary>The limits of one session: where they name no log of their own, its carrier logs where the server does.</summary>
static class SessionLimits
{
    internal static CarrierLimits Of(HttpContext context, CarrierLimits limits) =>
        limits.Logger is NullLogger && context.RequestServices?.GetService<ILoggerFactory>() is { } logging
            ? limits with { Logger = logging.CreateLogger(CarrierLimits.LogCategory) }
            : limits;
}
