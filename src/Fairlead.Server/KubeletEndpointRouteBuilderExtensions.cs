using Fairlead.Server.Kubelet;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server;

/// <summary>Puts the streaming paths of a kubelet into a web application.</summary>
public static class KubeletEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Answers <c>/exec</c>, <c>/attach</c> and <c>/portForward</c> as a kubelet does, with and without a pod's uid, so that an API server
    /// can use the application as a node's streaming end. May stand beside <see cref="PodsApiEndpointRouteBuilderExtensions.MapPodsApi"/>.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="runtime">What holds the containers.</param>
    /// <param name="catalog">What pods there are.</param>
    /// <param name="options">Who may use it, and how. To stream is to <c>create nodes/proxy</c>, whatever the method.</param>
    public static void MapKubeletStreaming(this IEndpointRouteBuilder endpoints, IContainerRuntime runtime, IPodCatalog catalog, PodsApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        IServiceProvider services = endpoints.ServiceProvider;
        KubeletHandler handler = new(
            runtime,
            catalog,
            options,
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Fairlead.Server.Kubelet"),
            services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        endpoints.MapStreams("exec", "{namespace}/{pod}/{container}", handler.ExecAsync);
        endpoints.MapStreams("exec", "{namespace}/{pod}/{uid}/{container}", handler.ExecAsync);
        endpoints.MapStreams("attach", "{namespace}/{pod}/{container}", handler.AttachAsync);
        endpoints.MapStreams("attach", "{namespace}/{pod}/{uid}/{container}", handler.AttachAsync);
        endpoints.MapStreams("portForward", "{namespace}/{pod}", handler.PortForwardAsync);
        endpoints.MapStreams("portForward", "{namespace}/{pod}/{uid}", handler.PortForwardAsync);
    }
}
