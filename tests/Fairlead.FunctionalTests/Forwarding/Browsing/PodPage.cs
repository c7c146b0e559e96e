using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fairlead.FunctionalTests.Forwarding.Browsing;

/// <summary>
/// A web application in the pod: files and posts with keep-alive, a WebSocket and server-sent events at one port, and at the other one
/// HTTP/2 without TLS, with a gRPC call that sends back what it gets.
/// </summary>
sealed class PodPage : IAsyncDisposable
{
    readonly WebApplication _application;

    PodPage(WebApplication application) => _application = application;

    internal int Port { get; private init; }

    internal int GrpcPort { get; private init; }

    internal static async Task<PodPage> StartAsync(CancellationToken cancellationToken)
    {
        WebApplication application = StreamingHost.Build(null, static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2);
            (kestrel.Limits.MinRequestBodyDataRate, kestrel.Limits.MinResponseDataRate) = (null, null); // the machine may be slow
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
        });
        application.UseWebSockets();
        application.Run(AnswerAsync);
        await application.StartAsync(cancellationToken);
        return new PodPage(application)
        {
            Port = StreamingHost.AddressesOf(application)[0].Port,
            GrpcPort = StreamingHost.AddressesOf(application)[1].Port,
        };
    }

    static Task AnswerAsync(HttpContext context)
    {
        string[] path = context.Request.Path.Value!.Split('/');
        int number = int.Parse(path[2], CultureInfo.InvariantCulture);
        return path[1] switch
        {
            "file" => FileAsync(context, number),
            "post" => PostAsync(context, number),
            "socket" => SocketAsync(context, number),
            "events" => EventsAsync(context, number),
            "grpc" => GrpcAsync(context),
            _ => throw new InvalidOperationException(context.Request.Path),
        };
    }

    static async Task FileAsync(HttpContext context, int number)
    {
        byte[] content = Content.Of(number);
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    /// <summary>What was posted is checked here, and the answer has the next number.</summary>
    static async Task PostAsync(HttpContext context, int number)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        Content.Expect(number, body.ToArray());
        await context.Response.Body.WriteAsync(Content.Of(number + 1), context.RequestAborted); // in chunks
    }

    /// <summary>Each message has the number that follows the former one's, and so has the answer.</summary>
    static async Task SocketAsync(HttpContext context, int number)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[1 << 20];
        for (; ; number += 2)
        {
            int length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(length), context.RequestAborted);
                length += part.Count;
            }
            while (!part.EndOfMessage);
            if (part.MessageType == WebSocketMessageType.Close) break;
            Content.Expect(number, buffer.AsSpan(0, length));
            await socket.SendAsync(Content.Of(number + 1), WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    /// <summary>A hundred events.</summary>
    static async Task EventsAsync(HttpContext context, int number)
    {
        context.Response.ContentType = "text/event-stream";
        for (int i = 0; i < 100; i++)
        {
            await context.Response.WriteAsync($"id: {number + i}\ndata: {Convert.ToHexString(Content.Of(number + i, 200))}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (i % 10 == 0) await Task.Yield();
        }
    }

    /// <summary>Messages go back as they come, each with its five bytes in front.</summary>
    static async Task GrpcAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync(context.RequestAborted);
        while (true)
        {
            System.IO.Pipelines.ReadResult read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            context.Response.BodyWriter.Write(read.Buffer.IsSingleSegment ? read.Buffer.FirstSpan : read.Buffer.ToArray());
            context.Request.BodyReader.AdvanceTo(read.Buffer.End); // first: what waits for its reader must not use up the connection's window
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            if (read.IsCompleted) break;
        }

        context.Response.AppendTrailer("grpc-status", "0");
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
