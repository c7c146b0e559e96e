using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Fairlead.InteropTests.Deploy;

/// <summary>As much of an API server as a <c>kubectl exec</c> needs; it says yes to everything and notes who asked for what, and for whom.</summary>
sealed class RecordedCluster : IAsyncDisposable
{
    readonly WebApplication _application;

    RecordedCluster(WebApplication application) => _application = application;

    /// <summary>A request's credentials, and whom it speaks for.</summary>
    internal sealed record Call(string Path, string? Authorization, string[] Users, string[] Groups, string[] OtherImpersonation);

    public ConcurrentQueue<Call> Calls { get; } = new();

    public Uri Url => new($"https://localhost:{StreamingHost.AddressesOf(_application)[0].Port}");

    public static async Task<RecordedCluster> StartAsync(TestAuthority authority, CancellationToken cancellationToken)
    {
        WebApplication application = StreamingHost.Build(null, kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(authority.IssueServer())));
        RecordedCluster cluster = new(application);
        application.UseWebSockets();
        application.Run(cluster.AnswerAsync);
        await application.StartAsync(cancellationToken);
        return cluster;
    }

    async Task AnswerAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        Calls.Enqueue(new Call(
            context.Request.Path.Value!, headers.Authorization, [.. headers["Impersonate-User"]!], [.. headers["Impersonate-Group"]!],
            [.. headers.Keys.Where(static key => key.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase) && key.ToUpperInvariant() is not ("IMPERSONATE-USER" or "IMPERSONATE-GROUP"))]));
        if (context.WebSockets.IsWebSocketRequest)
        {
            using WebSocket session = await context.WebSockets.AcceptWebSocketAsync("v5.channel.k8s.io");
            await session.SendAsync("\u0001ran\n"u8.ToArray(), WebSocketMessageType.Binary, true, context.RequestAborted);
            await session.SendAsync("""
                {"metadata":{},"status":"Success"}
                """u8.ToArray().Prepend((byte)3).ToArray(), WebSocketMessageType.Binary, true, context.RequestAborted);
            await session.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.StatusCode = HttpMethods.IsPost(context.Request.Method) ? 201 : 200;
        await context.Response.WriteAsync(context.Request.Path.Value switch
        {
            "/api" => """{"kind":"APIVersions","versions":["v1"]}""",
            "/apis" => """{"kind":"APIGroupList","apiVersion":"v1","groups":[]}""",
            "/api/v1" => """
                {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":
                 [{"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","shortNames":["po"],"verbs":["get"]}]}
                """,
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" =>
                """{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":true}}""",
            _ => """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"demo","namespace":"default"},"spec":{"containers":[{"name":"main"}]},
                 "status":{"phase":"Running"}}
                """,
        }, context.RequestAborted);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
