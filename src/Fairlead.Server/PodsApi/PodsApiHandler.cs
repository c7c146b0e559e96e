using Fairlead.Server.Access;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.PodsApi;

/// <summary>The way of every request, in the API server's order: who is it, may they, what is it, answer.</summary>
sealed class PodsApiHandler
{
    readonly BearerTokens _tokens;
    readonly PodsApiOptions _options;
    readonly ILogger _logger;
    readonly ObjectsEndpoint _objects;
    readonly WatchEndpoint _watch;
    readonly LogEndpoint _log;
    readonly RemoteCommandEndpoint _remoteCommand;
    readonly PortForwardEndpoint _portForward;

    public PodsApiHandler(IContainerRuntime runtime, IPodCatalog catalog, PodsApiOptions options, ILogger logger, CancellationToken stopping)
    {
        _tokens = new BearerTokens(options.PresentUsers);
        _options = options;
        _logger = logger;
        ContainerLookup containers = new(runtime, catalog);
        _objects = new ObjectsEndpoint(catalog, options.Clock);
        _watch = new WatchEndpoint(catalog, options.Clock, logger, stopping);
        _log = new LogEndpoint(containers, options.Clock, stopping);
        _remoteCommand = new RemoteCommandEndpoint(containers, new RemoteCommandAnswer(options, logger, stopping), options);
        _portForward = new PortForwardEndpoint(runtime, catalog, new PortForwardAnswer(options, logger, stopping), options);
    }

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            if (WebSocketUpgrade.RequireHttp11(context)) return;
            context.Response.Headers.CacheControl = "no-cache, private";
            await AnswerAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the client left: nobody is there to be answered
        }
        catch (ApiRefusal refusal)
        {
            await RefuseAsync(context, refusal.Status);
        }
        catch (AuthorizerUnavailableException away)
        {
            await RefuseAsync(context, Refusals.Unavailable(away.Message));
        }
        catch (BadHttpRequestException bad)
        {
            await RefuseAsync(context, bad.StatusCode == 413 ? Refusals.BodyTooLarge : Refusals.BadRequest(bad.Message));
        }
        catch (Exception failure)
        {
            Log.RequestFailed(_logger, WithheldException.Of(failure, RequestSecrets.Of(context.Request)), context.Request.Method, context.Request.Path.Value);
            if (context.Response.HasStarted) context.Abort(); // a cut answer must not look like a whole one
            else await RefuseAsync(context, failure is RuntimeUnavailableException ? Refusals.Unavailable(failure.Message) : Refusals.InternalError(failure.Message));
        }
    }

    async Task RefuseAsync(HttpContext context, Status refusal)
    {
        if (_logger.IsEnabled(LogLevel.Debug))
            Log.RequestRefused(_logger, context.Request.Method, context.Request.Path.Value, refusal.Code, RequestSecrets.Of(context.Request).Blank(refusal.Message ?? ""));
        await ApiAnswer.WriteAsync(context, refusal);
    }

    async Task AnswerAsync(HttpContext context)
    {
        ApiUser user = _tokens.Authenticate(context.Request) ?? _options.Authenticate?.Invoke(context) ?? throw new ApiRefusal(Refusals.Unauthorized);
        RefuseImpersonation(context.Request, user);

        ApiRequest request = ApiRequest.Parse(context.Request);
        if (!request.IsResource)
        {
            await ServerInformation.AnswerAsync(context, request);
            return;
        }

        if (!await _options.MayAsync(user, request.Attributes, context.RequestAborted)) throw new ApiRefusal(Refusals.Forbidden(user, request.Attributes));

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
            { Subresource: ApiResources.PortForward } => _portForward.AnswerAsync(context, request, user),
            { Subresource: not null } => _remoteCommand.AnswerAsync(context, request, user),
            { Verb: "create" } => ReviewEndpoint.AnswerAsync(context, resource, user, _options),
            { Verb: "watch" } => _watch.AnswerAsync(context, request, resource),
            { Verb: "list" } => _objects.ListAsync(context, request, resource),
            _ => _objects.GetAsync(context, request, resource),
        });
    }

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
