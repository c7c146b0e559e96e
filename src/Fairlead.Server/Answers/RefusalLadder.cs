using Fairlead.Server.Access;
using Fairlead.Server.Issued;
using Fairlead.Server.Requests;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Answers;

/// <summary>
/// One ladder for every entrance: what goes wrong while a request is answered becomes a refusal, a line in the log, or a cut connection.
/// </summary>
/// <param name="logger">Where it is logged.</param>
/// <param name="write">Writes a refusal in the form that the entrance's clients read.</param>
public sealed class RefusalLadder(ILogger logger, Func<HttpContext, Status, Task> write)
{
    /// <summary>Answers, and never throws but for an answer that its client does not take.</summary>
    public async Task AnswerAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(answer);
        try
        {
            await answer(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the client left: nobody is there to be answered
        }
        catch (Exception failure)
        {
            if (failure is not (ApiRefusal or AuthorizerUnavailableException or BadHttpRequestException))
                LogFailure(logger, context, failure);
            if (context.Response.HasStarted) context.Abort(); // a cut answer must not look like a whole one
            else await RefuseAsync(context, StatusOf(failure));
        }
    }

    /// <summary>A failure as it is logged, without what the request holds.</summary>
    internal static void LogFailure(ILogger logger, HttpContext context, Exception failure) =>
        Log.RequestFailed(logger, WithheldException.Of(failure, RequestSecrets.Of(context.Request)), context.Request.Method,
            PathOf(context));

    /// <summary>A failure as the client is told of it.</summary>
    internal static Status StatusOf(Exception failure) => failure switch
    {
        ApiRefusal refusal => refusal.Status,
        AuthorizerUnavailableException or RuntimeUnavailableException => Refusals.Unavailable(failure.Message),
        BadHttpRequestException { StatusCode: 413 } => Refusals.BodyTooLarge,
        BadHttpRequestException => Refusals.BadRequest(failure.Message),
        _ => Refusals.InternalError(failure.Message),
    };

    Task RefuseAsync(HttpContext context, Status refusal)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            PeerText message = RequestSecrets.Of(context.Request).Blank(refusal.Message ?? "");
            Log.RequestRefused(logger, context.Request.Method, PathOf(context), refusal.Code, message);
        }

        return write(context, refusal);
    }

    /// <summary>The path, without its ticket where it has one.</summary>
    static string PathOf(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        return context.GetRouteValue(IssuedStreamsHandler.TicketInRoute) is null ? path : path[..(path.LastIndexOf('/') + 1)];
    }
}
