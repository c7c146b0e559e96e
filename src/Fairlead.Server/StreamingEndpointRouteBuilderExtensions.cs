using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Issued;
using Fairlead.Server.Kubelet;
using Fairlead.Server.Operations;
using Fairlead.Server.PodsApi;
using Fairlead.Server.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Fairlead.Server;

/// <summary>Puts what this library answers into a web application, or into a group of its routes, whatever the group's prefix.</summary>
public static class StreamingEndpointRouteBuilderExtensions
{
    static readonly HttpMethodMetadata s_streamMethods = new(["GET", "POST", "CONNECT"]);

    /// <summary>
    /// Answers, on every path that nothing else is mapped to, as a Kubernetes API server does for pods: discovery, reading and watching
    /// pods and their owners, logs, access reviews, exec and attach. What it does not offer it refuses in the same words.
    /// </summary>
    /// <param name="endpoints">The application, or a group of its routes: the server's URL is then that of the group.</param>
    /// <param name="runtime">What holds the containers.</param>
    /// <param name="catalog">What pods there are.</param>
    /// <param name="options">Who may use it, and how.</param>
    /// <remarks>
    /// Use <see cref="PodsApiKestrel.Configure"/> on the web server. Watches, followed logs and sessions end when the application
    /// begins to stop; a session's client then sees it as lost.
    /// </remarks>
    public static IEndpointConventionBuilder MapPodsApi(
        this IEndpointRouteBuilder endpoints, IContainerRuntime runtime, IPodCatalog catalog, PodsApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(catalog);
        PodsApiHandler handler = new(runtime, catalog, Serving.At(endpoints, options, "PodsApi"));
        return endpoints.Map($"{{**{ApiRequest.PathInRoute}}}", handler.AnswerAsync);
    }

    /// <summary>
    /// Answers <c>/exec</c>, <c>/attach</c> and <c>/portForward</c> as a kubelet does, with and without a pod's uid, so that an API server
    /// can use the application as a node's streaming end. May stand beside <see cref="MapPodsApi"/>.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="runtime">What holds the containers.</param>
    /// <param name="catalog">What pods there are.</param>
    /// <param name="options">Who may use it, and how. To stream is to <c>create nodes/proxy</c>, whatever the method.</param>
    public static void MapKubeletStreaming(
        this IEndpointRouteBuilder endpoints, IContainerRuntime runtime, IPodCatalog catalog, PodsApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(catalog);
        KubeletHandler handler = new(runtime, catalog, Serving.At(endpoints, options, "Kubelet"));
        foreach (string pod in (string[])["{namespace}/{pod}", "{namespace}/{pod}/{uid}"])
        {
            endpoints.MapStreams("exec", pod + "/{container}", handler.ExecAsync);
            endpoints.MapStreams("attach", pod + "/{container}", handler.AttachAsync);
            endpoints.MapStreams("portForward", pod, handler.PortForwardAsync);
        }
    }

    /// <summary>
    /// Answers <c>/exec/TICKET</c>, <c>/attach/TICKET</c> and <c>/portforward/TICKET</c>, as the streaming server of a container runtime
    /// does. Whoever has a ticket is let in: it is the only proof.
    /// </summary>
    /// <param name="endpoints">The application. It should listen on loopback alone.</param>
    /// <param name="tickets">The tickets.</param>
    /// <param name="options">How; users are not looked at.</param>
    public static void MapIssuedStreams(this IEndpointRouteBuilder endpoints, StreamTickets tickets, PodsApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        IssuedStreamsHandler handler = new(tickets, Serving.At(endpoints, options, "IssuedStreams"));
        foreach (string kind in (string[])["exec", "attach", "portforward"])
            endpoints.MapStreams(kind, $"{{{IssuedStreamsHandler.TicketInRoute}}}", handler.AnswerAsync);
    }

    /// <summary>Answers a GET with what is counted, in Prometheus' text form, to whom may <c>get nodes/metrics</c>.</summary>
    /// <param name="endpoints">The application. May stand beside <see cref="MapPodsApi"/>.</param>
    /// <param name="path">Where.</param>
    /// <param name="text">What is counted.</param>
    /// <param name="options">Who may read it.</param>
    public static void MapMetrics(this IEndpointRouteBuilder endpoints, string path, PrometheusText text, PodsApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        Serving serving = Serving.At(endpoints, options, "Metrics");
        RefusalLadder ladder = new(serving.Logger, StatusAnswer.WriteAsync);
        Admission admission = new(options);
        AccessAttributes wanted = new("get", "", "nodes", "metrics", null, ThisMachine.NodeName);
        endpoints.MapGet(path, context => ladder.AnswerAsync(context, async context =>
        {
            DataRates.Keep(context);
            await admission.RequireAsync(admission.Identify(context), wanted, context.RequestAborted);
            await text.AnswerAsync(context);
        }));
    }

    /// <summary>
    /// Routes of ASP.NET Core ignore the case of words; a path that only they took for a stream would get past whatever stands in front,
    /// judges and records, and compares letter by letter as kubelets do.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="kind">The first word of the path, letter by letter.</param>
    /// <param name="rest">The route behind it.</param>
    /// <param name="answer">Answers it.</param>
    static void MapStreams(this IEndpointRouteBuilder endpoints, string kind, string rest, RequestDelegate answer)
    {
        RouteValueDictionary sameWord = new() { ["kind"] = new SameWord(kind) };
        endpoints.Map(RoutePatternFactory.Parse($"/{{kind}}/{rest}", defaults: null, sameWord), AnswerAsync).WithMetadata(s_streamMethods);

        Task AnswerAsync(HttpContext context)
        {
            DataRates.Keep(context);
            // routes know nothing of extended CONNECT: the method is the one that came
            if (ExtendedConnect.Adopt(context) || !HttpMethods.IsConnect(context.Request.Method)) return answer(context);
            context.Response.Headers.Allow = UpgradeMethods.OfSpdy;
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }
    }

    sealed class SameWord(string word) : IRouteConstraint
    {
        public bool Match(HttpContext? context, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection direction) =>
            values[routeKey] is string given && given == word;
    }
}
