using Fairlead.Gateway.Sessions;
using Fairlead.Server.Operations;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fairlead.Gateway.Operations;

/// <summary>Health on both addresses; metrics on the operations' alone, where nothing is forwarded.</summary>
sealed class OperationsEndpoint(PrometheusText metrics, DrainState drain)
{
    static readonly object s_mark = new();

    /// <summary>Makes an address of the web server the operations'.</summary>
    internal static void Mark(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Items[s_mark] = true;
        return next(connection);
    });

    internal static bool Answers(HttpContext context) =>
        IsOwnAddress(context) || (HttpMethods.IsGet(context.Request.Method) && context.Request.Path.Value is "/healthz" or "/readyz");

    internal async Task AnswerAsync(HttpContext context)
    {
        (int code, string type, string text) = context.Request.Path.Value switch
        {
            "/healthz" => (200, "text/plain", "ok"),
            "/readyz" => drain.IsAnnounced ? (503, "text/plain", "draining") : (200, "text/plain", "ok"),
            "/metrics" => (200, PrometheusText.ContentType, metrics.Format()),
            _ => (404, "text/plain", "not found"),
        };
        context.Response.StatusCode = code;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    static bool IsOwnAddress(HttpContext context) => context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(s_mark) == true;
}
