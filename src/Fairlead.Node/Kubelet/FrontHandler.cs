using Fairlead.Node.Reviews;
using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Upgrades.Reviews;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node.Kubelet;

/// <summary>
/// The way of every request at a kubelet's place: what is it, who sends it, may they, and then to its stream here or on to the kubelet.
/// </summary>
/// <param name="callers">Reads who sends a request.</param>
/// <param name="allowed">Who may do everything without a question.</param>
/// <param name="reviews">Asks the cluster; null where nobody is asked, so that tokens are nobody's.</param>
/// <param name="passed">The way to the kubelet.</param>
/// <param name="metrics">Where sessions are counted.</param>
/// <param name="logger">Where refusals are logged.</param>
sealed class FrontHandler(
    FrontCallers callers, AllowList allowed, KubeletReviews? reviews, PassedRequests passed, NodeMetrics metrics, ILogger logger)
{
    static readonly string[] s_streams = ["/exec/", "/attach/", "/portForward/"];

    readonly RefusalLadder _ladder = new(logger, TextAnswer.WriteAsync);

    internal Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        ExtendedConnect.Adopt(context);
        DataRates.Keep(context);
        DropOtherUpgrades(context);
        return CountAsync(context, context => _ladder.AnswerAsync(context, context => AnswerAsync(context, next)));
    }

    /// <summary>Who asks for a stream and was found to be allowed, for what answers it.</summary>
    internal static ApiUser? Admitted(HttpContext context) => context.Features.Get<ApiUser>();

    /// <summary>
    /// A session is counted whatever becomes of it, by the path as it was sent: one that cannot be read is refused. So are upgrades of
    /// another kind, which go to the kubelet.
    /// </summary>
    Task CountAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        bool isStream = s_streams.Any(stream => target.StartsWith(stream, StringComparison.Ordinal));
        return isStream || IsUpgrade(context) ? metrics.Sessions.CountAsync(context, answer, isPassedOn: !isStream) : answer(context);
    }

    static bool IsUpgrade(HttpContext context) => context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    /// <summary>What is neither WebSocket nor SPDY is no upgrade at a kubelet: it asks for its path, and that is what is judged.</summary>
    static void DropOtherUpgrades(HttpContext context)
    {
        if (!IsUpgrade(context)) return;
        bool isStreams = context.Request.Headers.Upgrade.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries))
            .Any(static to => to.Equals("websocket", StringComparison.OrdinalIgnoreCase)
                || to.StartsWith("SPDY/", StringComparison.OrdinalIgnoreCase));
        if (isStreams) return;
        context.Features.Set<IHttpUpgradeFeature>(null);
        context.Request.Headers.Remove("Upgrade");
    }

    async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        string method = context.Request.Method;
        bool isMethod = method is not ("CONNECT" or "TRACE") && method.All(char.IsAsciiLetterUpper); // others read `get` as GET
        if (!isMethod) throw Refusal(405, "MethodNotAllowed", "the method is not allowed");
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!KubeletPath.TryParse(target, out KubeletPath? path, out string? problem)) throw Refusal(400, "BadRequest", problem);
        FrontCaller caller = callers.Identify(context);
        switch (path.First)
        {
            case "exec" or "attach" or "portForward" or "run":
                await StreamAsync(context, next, path, caller);
                break;
            case "fairlead":
                await OwnAsync(context, path, caller);
                break;
            default:
                await PassAsync(context, path, caller);
                break;
        }
    }

    async Task StreamAsync(HttpContext context, RequestDelegate next, KubeletPath path, FrontCaller caller)
    {
        if (!path.IsPlain) throw Refusal(400, "BadRequest", "the path of a stream has no escapes and no slash at its end");
        ReviewedUser user = await RequireKnownAsync(caller, context.RequestAborted);
        await RequireAllowedAsync(user, KubeletAttributes.Stream, context.RequestAborted);
        context.Features.Set(new ApiUser { Name = user.Name, Token = "", Groups = user.Groups, Rules = [ApiRule.Everything] });
        context.Request.Path = path.Text;
        await next(context);
    }

    /// <summary>The front's own: judged as the node's metrics are, by certificate and token alike, since no kubelet judges it.</summary>
    async Task OwnAsync(HttpContext context, KubeletPath path, FrontCaller caller)
    {
        if (path is not { IsPlain: true, Text: NodeMetrics.Path }) throw Refusal(404, "NotFound", "404 page not found");
        ReviewedUser user = await RequireKnownAsync(caller, context.RequestAborted);
        await RequireAllowedAsync(user, KubeletAttributes.OwnMetrics(context.Request.Method), context.RequestAborted);
        if (!HttpMethods.IsGet(context.Request.Method)) throw Refusal(405, "MethodNotAllowed", "405: Method Not Allowed");
        await metrics.Text.AnswerAsync(context);
    }

    async Task PassAsync(HttpContext context, KubeletPath path, FrontCaller caller)
    {
        bool isUpgrade = IsUpgrade(context);
        if (caller.ByCertificate is not { } user)
        {
            await passed.SendAsync(context, path, caller, isUpgrade);
            return;
        }

        KubeletAttributes wanted = isUpgrade ? KubeletAttributes.Stream : KubeletAttributes.Of(context.Request.Method, path);
        await RequireAllowedAsync(user, wanted, context.RequestAborted);
        await passed.SendAsOwnAsync(context, path, isUpgrade);
    }

    /// <exception cref="ApiRefusal">Nobody who is known, or nobody can be asked.</exception>
    async ValueTask<ReviewedUser> RequireKnownAsync(FrontCaller caller, CancellationToken cancellationToken)
    {
        if (caller.ByCertificate is { } shown) return shown;
        ReviewedUser? user = null;
        if (caller.Token is { } token && reviews is not null)
            user = await AskAsync(reviews.WhoAsync(token, cancellationToken), "Authentication error");
        return user ?? throw Refusal(401, "Unauthorized", "Unauthorized");
    }

    /// <exception cref="ApiRefusal">They may not, or nobody can be asked.</exception>
    async ValueTask RequireAllowedAsync(ReviewedUser user, KubeletAttributes wanted, CancellationToken cancellationToken)
    {
        if (allowed.Names(user.Name, user.Groups)) return;
        string asked = $"(user={user.Name}, verb={wanted.Verb}, resource=nodes, subresource(s)=[{string.Join(' ', wanted.Subresources)}])";
        bool may = reviews is not null
            && await AskAsync(reviews.MayAsync(user, wanted, cancellationToken), "Authorization error " + asked);
        if (!may) throw Refusal(403, "Forbidden", "Forbidden " + asked);
    }

    /// <summary>A question without an answer is the server's failure, as at a kubelet, and never a yes.</summary>
    static async ValueTask<T> AskAsync<T>(ValueTask<T> asking, string what)
    {
        try
        {
            return await asking;
        }
        catch (AuthorizerUnavailableException away)
        {
            throw Refusal(500, "InternalServerError", $"{what}: {away.Message}");
        }
    }

    static ApiRefusal Refusal(int code, string reason, string message) => new(Status.Refusal(code, reason, message));
}
