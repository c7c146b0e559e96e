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

    /// <summary>
    /// A refusal of a handshake, after which a connection of HTTP/1.1 is of no use. Over HTTP/2 it carries others' sessions, and closing it
    /// would send them all a GOAWAY.
    /// </summary>
    internal static Task CloseAsync(HttpContext context, int code, string? reason)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol)) context.Response.Headers.Connection = "close";
        return WriteAsync(context, code, reason);
    }

    static Task WriteAsync(HttpContext context, int code, string? text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
