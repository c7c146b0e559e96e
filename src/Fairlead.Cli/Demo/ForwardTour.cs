using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Wire.PortForward;

namespace Fairlead.Cli.Demo;

/// <summary>The part of the tour that forwards ports: a local TCP connection through each form, checked to the last byte.</summary>
sealed class ForwardTour(StreamingClient client, PodReference pod)
{
    const int Small = 100_000, Large = 64 * 1024 * 1024;

    internal async IAsyncEnumerable<DemoStep> RunAsync()
    {
        await using EchoServer server = new();
        foreach (PortForwardProtocol form in PortForwardProtocol.All)
            yield return await EchoAsync("port-forward: echo", server.Port, new() { Protocols = [form] }, Small);
        yield return await EchoAsync("port-forward: 64 MiB each way", server.Port, new(), Large);
    }

    async Task<DemoStep> EchoAsync(string what, int port, PortForwardOptions options, int size)
    {
        long started = Stopwatch.GetTimestamp();
        await using PortForward forward = await client.ForwardAsync(
            pod, [new(local: 0, remote: port)], new ForwardOptions { Addresses = ["127.0.0.1"], Connection = options });
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(forward.Ports[0].Local);
        await using NetworkStream stream = new(socket);
        bool canEnd = options.Protocols is null or [{ CanEndWrites: true }];

        byte[] content = RandomNumberGenerator.GetBytes(size), back = new byte[size];
        Task sending = SendAsync();
        int count = await stream.ReadAtLeastAsync(back, size, throwOnEndOfStream: false);
        await sending;
        bool isSame = count == size && content.AsSpan().SequenceEqual(back);
        bool isEnded = !canEnd || await stream.ReadAsync(back) == 0;
        string outcome = !isSame ? "not what was sent" : !isEnded ? "no end" : canEnd
            ? "the same bytes back, and the end after our own"
            : "the same bytes back";
        return new DemoStep(what, forward.Connection, size + (long)count, Stopwatch.GetElapsedTime(started), outcome, isSame && isEnded);

        async Task SendAsync()
        {
            await stream.WriteAsync(content);
            if (canEnd) socket.Shutdown(SocketShutdown.Send);
        }
    }
}
