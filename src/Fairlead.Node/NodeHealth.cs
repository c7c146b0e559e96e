using System.Net;
using System.Net.Sockets;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node;

/// <summary>
/// A node's own health, in plain HTTP on loopback alone, since <c>/healthz</c> at its door is the kubelet's: <c>/livez</c> and
/// <c>/healthz</c> while the process answers, <c>/readyz</c> while it can do what it is for.
/// </summary>
sealed class NodeHealth : IAsyncDisposable
{
    const int SolSocket = 1, SoReusePort = 15; // asm-generic/socket.h

    readonly AddressSet _door;
    readonly WebApplication _application;

    NodeHealth(Socket socket, Func<CancellationToken, Task<IReadOnlyList<string>>> whyNot, ILoggerProvider? logging)
    {
        _door = new AddressSet(0, static () => []) { Sockets = [socket] };
        _application = StreamingHost.Build(logging, kestrel => kestrel.Listen(_door));
        _application.Run(context => AnswerAsync(context, whyNot));
    }

    internal Uri Url => StreamingHost.AddressesOf(_application)[0];

    /// <summary>Answers from now on.</summary>
    /// <param name="port">The port; 0 picks a free one.</param>
    /// <param name="whyNot">Why it is not ready, a line each; none where it is.</param>
    /// <param name="logging">Where failures are logged.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The port cannot be had.</exception>
    internal static async Task<NodeHealth> StartAsync(
        int port, Func<CancellationToken, Task<IReadOnlyList<string>>> whyNot, ILoggerProvider? logging,
        CancellationToken cancellationToken)
    {
        NodeHealth health = new(Listen(port), whyNot, logging);
        try
        {
            await health._application.StartAsync(cancellationToken);
            return health;
        }
        catch
        {
            await health.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes no more questions: the process that has taken over answers them.</summary>
    internal void Close() => _door.Close();

    /// <summary>
    /// A process that takes over listens beside the former one until that lets go, which only another program of the same user could do
    /// too.
    /// </summary>
    static Socket Listen(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetRawSocketOption(SolSocket, SoReusePort, BitConverter.GetBytes(1));
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"the port of the node's health, 127.0.0.1:{port}, cannot be had: {e.Message}", e);
        }
    }

    static async Task AnswerAsync(HttpContext context, Func<CancellationToken, Task<IReadOnlyList<string>>> whyNot)
    {
        bool isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        (int code, string text) = context.Request.Path.Value switch
        {
            _ when context.Request.Host.Host is not ("127.0.0.1" or "localhost") => (404, "not found"), // a page whose name leads here
            _ when !isRead => (405, "method not allowed"),
            "/healthz" or "/livez" => (200, "ok"),
            "/readyz" => await whyNot(context.RequestAborted) is { Count: > 0 } reasons ? (503, string.Join('\n', reasons)) : (200, "ok"),
            _ => (404, "not found"),
        };
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain";
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
