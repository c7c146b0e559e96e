using Fairlead.Node.Reviews;
using Fairlead.Server;
using Fairlead.Server.Checkpoints;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Node.Kubelet;

/// <summary>A node's only door: streams are answered here, and everything else by the kubelet behind.</summary>
sealed class KubeletFront : IDisposable
{
    readonly PassedRequests _passed;
    readonly KubeletReviews? _reviews;

    /// <summary>Puts it into an application.</summary>
    /// <param name="application">With YARP's forwarder.</param>
    /// <param name="options">The node's; with a kubelet.</param>
    /// <param name="tls">The server's side of TLS.</param>
    /// <param name="runtime">What holds the containers.</param>
    /// <param name="checkpoints">What an earlier process left; null where sessions end with the process.</param>
    /// <param name="metrics">Where sessions are counted.</param>
    /// <param name="logging">Where it logs.</param>
    /// <exception cref="InvalidDataException">A file cannot be read or understood. The message names it.</exception>
    internal KubeletFront(
        WebApplication application, NodeOptions options, ServerTls tls, NodeRuntime runtime, SessionCheckpoints? checkpoints,
        NodeMetrics metrics, ILoggerFactory logging)
    {
        KubeletOptions kubelet = options.Kubelet!;
        ILogger logger = logging.CreateLogger("Fairlead.Node");
        TimeProvider clock = options.Runtime.Clock;
        _passed = new PassedRequests(kubelet, application.Services.GetRequiredService<IHttpForwarder>(), clock, logging);
        _reviews = options.Reviews is { } cluster ? new KubeletReviews(kubelet, cluster, clock, metrics.Reviewer, logger) : null;
        FrontHandler handler = new(new FrontCallers(tls), options.Allowed, _reviews, _passed, metrics, logger);
        application.Use(handler.InvokeAsync);
        application.UseRouting(); // by the path that was judged
        application.MapKubeletStreaming(runtime, runtime, new PodsApiOptions
        {
            Users = [],
            Authenticate = FrontHandler.Admitted,
            Limits = options.Limits with { InlineReaders = true }, // what reads here is asynchronous
            Checkpoints = checkpoints,
        });
        new RunEndpoint(runtime, logger).MapInto(application);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _passed.Dispose();
        _reviews?.Dispose();
    }
}
