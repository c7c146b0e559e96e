using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Fairlead.Lab;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.FunctionalTests.Forwarding;

/// <summary>
/// Much over a line of 100 ms: a conversation on a carrier that others share, against a WebSocket of its own, and against the line by itself.
/// </summary>
[Collection(Alone.Name)] // what is compared runs one after the other, and nothing beside it
public sealed class FarLineTests
{
    const int Rounds = 3, Size = 256 << 20;

    /// <summary>50 ms each way: as much as the machine can, and a line of 320 Mbit/s.</summary>
    static readonly FaultProxyOptions s_free = new() { Latency = TimeSpan.FromMilliseconds(50), BytesInFlight = 64 << 20 },
        s_line = s_free with { BytesPerSecond = 40_000_000 };

    public static bool IsFull => Repository.IsFull;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Skip = "Takes a minute: with ./test --full.", SkipUnless = nameof(IsFull), Timeout = 600_000), InlineData(false), InlineData(true)]
    public async Task One_bulk_conversation_is_nearly_as_fast_as_a_WebSocket_of_its_own(bool isUp)
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port), s_line);
        await using PodService service = new(socket => isUp ? TakeAsync(socket) : GiveAsync(socket));
        await using FaultProxy alone = new(new IPEndPoint(IPAddress.Loopback, service.Port), s_free);
        using StreamingClient client = new(GatewayRoom.EndpointOf(new Uri($"https://127.0.0.1:{line.Port}"), lab.AuthorityPem, lab.Users[0].Token));
        await using ForwardSession shared = await OpenAsync(PortForwardProtocol.Conversations), own = await OpenAsync(PortForwardProtocol.Direct);
        await using ForwardedStream beside = await shared.ConnectAsync(service.Port, Ct); // the carrier is not its alone
        List<double> ratios = [];
        for (int i = 0; i < Rounds; i++)
        {
            await using ForwardedStream conversation = await shared.ConnectAsync(service.Port, Ct), webSocket = await own.ConnectAsync(service.Port, Ct);
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, alone.Port, Ct);
            await using NetworkStream bare = new(socket);
            double most = await RateAsync(bare), ofItsOwn = await RateAsync(webSocket), ofMany = await RateAsync(conversation);
            Measurement.Tell($"line of 100 ms and 40 MB/s, {(isUp ? "up" : "down")}, {Size >> 20} MiB: the proxy alone passes {most:0} MB/s, a WebSocket of its own {ofItsOwn:0.0}, a conversation {ofMany:0.0} ({ofMany / ofItsOwn:0.00})");
            Assert.InRange(most, ofItsOwn, double.MaxValue); // what is compared is held up by the line, and not by what plays it
            ratios.Add(ofMany / ofItsOwn);
        }

        Assert.InRange(ratios.Order().ElementAt(Rounds / 2), 0.8, 10);

        Task<ForwardSession> OpenAsync(PortForwardProtocol form) => client.OpenForwardAsync(ForwardedLab.Pod, [service.Port], new() { Protocols = [form] }, Ct);

        async Task<double> RateAsync(Stream stream)
        {
            long begun = Stopwatch.GetTimestamp();
            byte[] buffer = new byte[64 * 1024];
            if (isUp)
            {
                for (int sent = 0; sent < Size; sent += buffer.Length) await stream.WriteAsync(buffer, Ct);
                await stream.ReadExactlyAsync(buffer.AsMemory(0, 1), Ct); // all of it is there
            }
            else
            {
                await stream.WriteAsync(buffer.AsMemory(0, 1), Ct);
                for (int got = 0; got < Size;)
                {
                    int more = await stream.ReadAsync(buffer, Ct);
                    Assert.NotEqual(0, more);
                    got += more;
                }
            }

            return Size / 1e6 / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        }
    }

    static async Task GiveAsync(Socket socket)
    {
        byte[] buffer = new byte[64 * 1024];
        await socket.ReceiveAsync(buffer.AsMemory(0, 1));
        for (int sent = 0; sent < Size;) sent += await socket.SendAsync(buffer.AsMemory(0, Math.Min(buffer.Length, Size - sent)));
        await socket.ReceiveAsync(buffer); // until its client goes
    }

    static async Task TakeAsync(Socket socket)
    {
        byte[] buffer = new byte[64 * 1024];
        for (int got = 0; got < Size;)
        {
            int more = await socket.ReceiveAsync(buffer);
            if (more == 0) return;
            got += more;
        }

        await socket.SendAsync(buffer.AsMemory(0, 1));
        await socket.ReceiveAsync(buffer);
    }
}
