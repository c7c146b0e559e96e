using System.Buffers.Binary;
using System.Collections.Concurrent;
using Fairlead.Containerd.Cri;
using Fairlead.Server.Hosting;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fairlead.Testing.Containerd;

/// <summary>A runtime that tells its version, and does with other calls what a test says.</summary>
public sealed class ScriptedCri : IAsyncDisposable
{
    readonly WebApplication _application;

    ScriptedCri(WebApplication application) => _application = application;

    /// <summary>Answers each call, by its path; others are unknown.</summary>
    public ConcurrentDictionary<string, RequestDelegate> Calls { get; } = new()
    {
        ["/runtime.v1.RuntimeService/Version"] = context => AnswerAsync(context, new VersionResponse { Version = "0.1.0", RuntimeName = "scripted", RuntimeVersion = "1" }.ToByteArray()),
    };

    public static async Task<ScriptedCri> StartAsync(string socket, CancellationToken cancellationToken)
    {
        WebApplication application = StreamingHost.Build(null, kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ListenUnixSocket(socket, static listen => listen.Protocols = HttpProtocols.Http2);
        });
        ScriptedCri cri = new(application);
        application.Run(context =>
        {
            if (cri.Calls.TryGetValue(context.Request.Path.Value ?? "", out RequestDelegate? answer)) return answer(context);
            context.Response.ContentType = "application/grpc";
            (context.Response.Headers["grpc-status"], context.Response.Headers["grpc-message"]) = ("12", "unknown here");
            return Task.CompletedTask;
        });
        await application.StartAsync(cancellationToken);
        return cri;
    }

    /// <summary>One message, then the status.</summary>
    public static async Task AnswerAsync(HttpContext context, byte[] message)
    {
        context.Response.ContentType = "application/grpc";
        await SendAsync(context, message);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    /// <summary>One message of several.</summary>
    public static async Task SendAsync(HttpContext context, byte[] message)
    {
        byte[] head = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), message.Length);
        await context.Response.Body.WriteAsync(head, context.RequestAborted);
        await context.Response.Body.WriteAsync(message, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    /// <summary>The next message of the client's; null at its end.</summary>
    public static async Task<byte[]?> ReceiveAsync(HttpContext context)
    {
        byte[] head = new byte[5];
        if (await context.Request.Body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, context.RequestAborted) == 0) return null;
        byte[] message = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1))];
        await context.Request.Body.ReadExactlyAsync(message, context.RequestAborted);
        return message;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
