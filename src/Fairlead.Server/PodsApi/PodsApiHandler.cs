using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Server.PodsApi.Objects;
using Fairlead.Server.PodsApi.Reviews;
using Fairlead.Server.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fairlead.Server.PodsApi;

/// <summary>The way of every request, in the API server's order: who is it, may they, what is it, answer.</summary>
sealed class PodsApiHandler
{
    readonly RefusalLadder _ladder;
    readonly Admission _admission;
    readonly ObjectsEndpoint _objects;
    readonly WatchEndpoint _watch;
    readonly LogEndpoint _log;
    readonly StreamEndpoint _streams;
    readonly Serving _serving;

    public PodsApiHandler(IContainerRuntime runtime, IPodCatalog catalog, Serving serving)
    {
        _ladder = new RefusalLadder(serving.Logger, StatusAnswer.WriteAsync);
        _admission = new Admission(serving.Options);
        PodLookup pods = new(runtime, catalog);
        _objects = new ObjectsEndpoint(catalog, serving.Options.Clock);
        _watch = new WatchEndpoint(catalog, serving);
        _log = new LogEndpoint(pods, serving);
        _streams = new StreamEndpoint(pods, _admission, serving);
        _serving = serving;
    }

    public async Task AnswerAsync(HttpContext context)
    {
        ExtendedConnect.Adopt(context);
        DataRates.Keep(context);
        context.Response.Headers.CacheControl = "no-cache, private";
        if (IsSession(context)) await _serving.FollowAsync(context, context => _ladder.AnswerAsync(context, DispatchAsync));
        else await _ladder.AnswerAsync(context, DispatchAsync);
    }

    async Task DispatchAsync(HttpContext context)
    {
        ApiUser user = _admission.Identify(context);
        RefuseImpersonation(context.Request, user);

        ApiRequest request = ApiRequest.Parse(context.Request);
        if (!request.IsResource)
        {
            await ServerInformation.AnswerAsync(context, request);
            return;
        }

        await _admission.RequireAsync(user, request.Attributes, context.RequestAborted);
        ApiResource? resource = ApiResources.Find(request.Group, request.Version, request.Resource);
        if (resource is null || !IsAddressed(request, resource)) throw new ApiRefusal(Refusals.UnknownResource);
        IReadOnlyList<string> verbs = resource.Verbs;
        if (request.Subresource is { } name)
        {
            ApiSubresource? sub = resource.Subresources.FirstOrDefault(candidate => candidate.Name == name);
            verbs = sub?.Verbs ?? throw new ApiRefusal(Refusals.UnknownResource);
        }

        if (!verbs.Contains(request.Verb) || !IsGetOrPost(context.Request)) throw new ApiRefusal(Refusals.MethodNotAllowed);
        await (request switch
        {
            { Subresource: ApiResources.Log } => _log.AnswerAsync(context, request),
            { Subresource: not null } => _streams.AnswerAsync(context, request, user),
            { Verb: "create" } => ReviewEndpoint.AnswerAsync(context, resource, user, _admission),
            { Verb: "watch" } => _watch.AnswerAsync(context, request, resource),
            { Verb: "list" } => _objects.ListAsync(context, request, resource),
            _ => _objects.GetAsync(context, request, resource),
        });
    }

    /// <summary>By its path: whoever asks, and whether they may, it is counted.</summary>
    static bool IsSession(HttpContext context) =>
        (context.GetRouteValue(ApiRequest.PathInRoute) as string ?? "").Trim('/').Split('/') is ["api", _, "namespaces", _, _, _,
            ApiResources.Exec or ApiResources.Attach or ApiResources.PortForward];

    /// <summary>A namespace stands in the path of what is in one, and in no other; only a list may leave it out.</summary>
    static bool IsAddressed(ApiRequest request, ApiResource resource) =>
        resource.Namespaced ? request.Namespace is not null || request.Name is null : request.Namespace is null;

    /// <summary>HEAD and the like are no verbs of their own to rules, but are not answered.</summary>
    static bool IsGetOrPost(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsPost(request.Method);

    /// <summary>To act as somebody else is not offered, and must not pass as acting as oneself.</summary>
    static void RefuseImpersonation(HttpRequest request, ApiUser user)
    {
        const string prefix = "Impersonate-";
        string? header = request.Headers.Keys.FirstOrDefault(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
        if (header is null) return;

        (string resource, string? name) = header[prefix.Length..].ToLowerInvariant() switch
        {
            _ when request.Headers["Impersonate-User"].ToString() is { Length: > 0 } wanted => ("users", wanted),
            "group" => ("groups", request.Headers[header].ToString()),
            "uid" => ("uids", request.Headers[header].ToString()),
            _ => ("userextras", null),
        };
        throw new ApiRefusal(Refusals.ImpersonationForbidden(user, resource, name));
    }
}
