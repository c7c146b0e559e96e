using Fairlead.Wire;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Answers;

/// <summary>Refusals in plain text, as kubelets and runtimes give them.</summary>
public static class TextAnswer
{
    /// <summary>What happened, without the words by which an API server begins a failure of its own.</summary>
    public static Task WriteAsync(HttpContext context, Status refusal)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(refusal);
        PeerText said = refusal is { Reason: "InternalError", Details.Causes: [{ Message: { } cause }] } ? cause : refusal.Said;
        return WriteAsync(context, refusal.Code ?? 500, said.ToString());
    }

    /// <summary>A refusal of a handshake, after which the connection is of no use.</summary>
    internal static Task CloseAsync(HttpContext context, int code, string? reason)
    {
        context.Response.Headers.Connection = "close";
        return WriteAsync(context, code, reason);
    }

    static Task WriteAsync(HttpContext context, int code, string? text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
