using Fairlead.Server.Operations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Sessions;

/// <summary>What everything that answers at one place of an application shares.</summary>
/// <param name="Options">Who may use it, and how.</param>
/// <param name="Logger">Where it logs.</param>
/// <param name="Started">Is cancelled when the application serves.</param>
/// <param name="Stopping">Is cancelled when the application begins to stop.</param>
sealed record Serving(PodsApiOptions Options, ILogger Logger, CancellationToken Started, CancellationToken Stopping)
{
    /// <summary>Answers a request for a session, which is counted where sessions are, and traced where somebody listens.</summary>
    public Task FollowAsync(HttpContext context, Func<HttpContext, Task> answer) =>
        MeasuredSession.FollowAsync(context, Options.Counts, Options.Clock, answer);

    public static Serving At(IEndpointRouteBuilder endpoints, PodsApiOptions options, string name)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(options);
        IServiceProvider services = endpoints.ServiceProvider;
        IHostApplicationLifetime life = services.GetRequiredService<IHostApplicationLifetime>();
        return new Serving(
            options,
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Fairlead.Server." + name),
            life.ApplicationStarted, life.ApplicationStopping);
    }
}
