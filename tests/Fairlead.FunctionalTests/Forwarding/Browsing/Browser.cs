using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fairlead.FunctionalTests.Forwarding.Browsing;

/// <summary>What a person's browser and programs do at once with the ports of one forward; every byte that comes is checked.</summary>
/// <param name="page">Where the page's port is forwarded to.</param>
/// <param name="grpc">The same of gRPC's.</param>
/// <param name="database">The same of the database's.</param>
sealed class Browser(IPEndPoint page, IPEndPoint grpc, IPEndPoint database)
{
    static readonly Marshaller<byte[]> s_bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    int _number; // every content of a run has its own
    long _checked;

    /// <summary>How many bytes came and were right.</summary>
    internal long Checked => Volatile.Read(ref _checked);

    /// <summary>A page with forty requests over six connections that are kept, as browsers do.</summary>
    internal async Task LoadPageAsync(CancellationToken cancellationToken)
    {
        using HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 6, UseProxy = false }) { BaseAddress = new Uri($"http://{page}") };
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            int number = Next();
            bool posts = i % 8 == 0;
            using ByteArrayContent body = new(Content.Of(number));
            using HttpResponseMessage answer = posts ? await http.PostAsync($"/post/{number}", body, cancellationToken) : await http.GetAsync($"/file/{number}", cancellationToken);
            Expect(posts ? number + 1 : number, await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellationToken));
        }));
    }

    internal async Task TalkAsync(int messages, CancellationToken cancellationToken)
    {
        int number = Next(2 * messages);
        using ClientWebSocket socket = new();
        await socket.ConnectAsync(new Uri($"ws://{page}/socket/{number}"), cancellationToken);
        byte[] buffer = new byte[1 << 20];
        for (int i = 0; i < messages; i++, number += 2)
        {
            await socket.SendAsync(Content.Of(number), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            int length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                length += part.Count;
            }
            while (!part.EndOfMessage);
            Expect(number + 1, buffer.AsSpan(0, length));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
    }

    internal async Task FollowEventsAsync(CancellationToken cancellationToken)
    {
        int number = Next(100);
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        using StreamReader events = new(await http.GetStreamAsync(new Uri($"http://{page}/events/{number}"), cancellationToken));
        for (int i = 0; i < 100; i++)
        {
            string data = Convert.ToHexString(Content.Of(number + i, 200));
            Assert.Equal((string.Create(CultureInfo.InvariantCulture, $"id: {number + i}"), "data: " + data, ""), (await LineAsync(), await LineAsync(), await LineAsync()));
            Interlocked.Add(ref _checked, data.Length);
        }

        Assert.Null(await LineAsync());

        async Task<string?> LineAsync() => await events.ReadLineAsync(cancellationToken);
    }

    /// <summary>Many calls at once on one connection of HTTP/2, each with messages both ways.</summary>
    internal async Task CallAsync(int streams, int messages, CancellationToken cancellationToken)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://{grpc}", new GrpcChannelOptions { MaxReceiveMessageSize = null, HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });
        Method<byte[], byte[]> echo = new(MethodType.DuplexStreaming, "grpc", "0", s_bytes, s_bytes);
        await Task.WhenAll(Enumerable.Range(0, streams).Select(async _ =>
        {
            using AsyncDuplexStreamingCall<byte[], byte[]> call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(echo, null, new CallOptions(cancellationToken: cancellationToken));
            int number = Next(messages);
            for (int i = 0; i < messages; i++)
            {
                Task writing = call.RequestStream.WriteAsync(Content.Of(number + i), cancellationToken); // its beginning comes back before its end has gone
                Assert.True(await call.ResponseStream.MoveNext(cancellationToken));
                await writing;
                Expect(number + i, call.ResponseStream.Current);
            }

            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext(cancellationToken));
        }));
    }

    /// <summary>Connects, asks, and leaves: in order, by a reset of its own, or by one of the database's in the middle of an answer.</summary>
    internal async Task QueryAsync(int connection, int queries, CancellationToken cancellationToken)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(database, cancellationToken);
        await using NetworkStream stream = new(socket);
        await PodDatabase.StartAsync(stream, cancellationToken);
        for (int i = 0; i < queries; i++)
        {
            int number = Next(2);
            await stream.WriteAsync(PodDatabase.Ask(PodDatabase.Query, number), cancellationToken);
            (byte row, byte[] body) = await PodDatabase.ReadAsync(stream, cancellationToken);
            Assert.Equal(PodDatabase.Row, row);
            Expect(number + 1, body);
            Assert.Equal(PodDatabase.Ready, (await PodDatabase.ReadAsync(stream, cancellationToken)).Type);
        }

        switch (connection % 3)
        {
            case 0:
                await stream.WriteAsync(PodDatabase.Message(PodDatabase.Terminate, []), cancellationToken);
                Assert.Equal(0, await stream.ReadAsync(new byte[1], cancellationToken));
                break;
            case 1:
                await stream.WriteAsync(PodDatabase.Ask(PodDatabase.Query, Next(2)), cancellationToken);
                socket.Reset();
                break;
            default:
                await ExpectCutAsync(socket, stream, Next(2), cancellationToken);
                break;
        }
    }

    async Task ExpectCutAsync(Socket socket, NetworkStream stream, int number, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(PodDatabase.Ask(PodDatabase.CutQuery, number), cancellationToken);
        byte[] begun = new byte[5 + 50]; // a row's head, and of its content
        await stream.ReadExactlyAsync(begun, cancellationToken);
        Content.Expect(number + 1, begun.AsSpan(5), isWhole: false);
        await stream.WriteAsync(PodDatabase.Message(PodDatabase.Ready, []), cancellationToken);
        await socket.ExpectResetAsync();
    }

    int Next(int count = 2) => Interlocked.Add(ref _number, count) - count + 1;

    void Expect(int number, ReadOnlySpan<byte> bytes)
    {
        Content.Expect(number, bytes);
        Interlocked.Add(ref _checked, bytes.Length);
    }
}
