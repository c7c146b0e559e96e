using Fairlead.Server.PodsApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server;

/// <summary>Puts the pods API into a web application.</summary>
public static class PodsApiEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Answers, on every path that nothing else is mapped to, as a Kubernetes API server does for pods: discovery, reading and watching
    /// pods and their owners, logs, access reviews, exec and attach. What it does not offer it refuses in the same words.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="runtime">What holds the containers.</param>
    /// <param name="catalog">What pods there are.</param>
    /// <param name="options">Who may use it, and how.</param>
    /// <remarks>
    /// Use <see cref="PodsApiKestrel.Configure"/> on the web server. Watches, followed logs and sessions end when the application
    /// begins to stop; a session's client then sees it as lost.
    /// </remarks>
    public static IEndpointConventionBuilder MapPodsApi(this IEndpointRouteBuilder endpoints, IContainerRuntime runtime, IPodCatalog catalog, PodsApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        IServiceProvider services = endpoints.ServiceProvider;
        PodsApiHandler handler = new(
            runtime,
            catalog,
            options,
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Fairlead.Server.PodsApi"),
            services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        return endpoints.Map("{**path}", handler.InvokeAsync);
    }
}
