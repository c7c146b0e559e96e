using System.Net.Sockets;
using System.Net.WebSockets;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.WebSockets;
using Fairlead.Testing;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Streaming.Tests;

/// <summary>A fault of ours in a loop ends the session by its own name, at once, and is in the log with its stack.</summary>
public sealed class LoopFaultTests
{
    public static TheoryData<Exception> Faults => [new InvalidOperationException("a wrong state"), new NullReferenceException("nothing there"), new ArgumentOutOfRangeException("index")];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_in_a_read_loop_is_no_broken_connection(Exception fault)
    {
        using LogRecorder log = new();
        (Socket near, Socket far) = await SessionPair.ConnectAsync();
        using NetworkStream peer = new(far, ownsSocket: true);
        using WebSocket sender = WebSocket.CreateFromStream(peer, new WebSocketCreationOptions { IsServer = false });
        await using WebSocketCarrier carrier = new(
            new NetworkStream(near, ownsSocket: true), isServer: true, new FaultyReceiver(fault), CarrierLimits.Default with { Logger = log }, cut: null);
        await sender.SendAsync(new byte[] { 7, 1 }, WebSocketMessageType.Binary, endOfMessage: true, Ct);
        SessionLostException? loss = await carrier.Ended.WaitAsync(Patience, Ct);
        Assert.Equal(SessionLoss.LocalFault, loss?.Kind);
        Assert.Same(fault, loss!.InnerException);
        (_, _, Exception? told) = Assert.Single(log.Entries, static entry => entry.Level == LogLevel.Error);
        Assert.Contains(nameof(FaultyReceiver), told?.ToString(), StringComparison.Ordinal); // its stack
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Nor_is_one_in_the_loop_that_sends_frames(Exception fault)
    {
        using LogRecorder log = new();
        (Socket near, Socket far) = await SessionPair.ConnectAsync();
        using NetworkStream peer = new(far, ownsSocket: true);
        await using WebSocketCarrier carrier = new(
            new FaultyStream(new NetworkStream(near, ownsSocket: true), fault), isServer: true, new FaultyReceiver(fault),
            CarrierLimits.Default with { Logger = log }, cut: near.Dispose);
        MessageBuffer payload = MessageBuffer.Rent(1);
        payload.Advance(1);
        carrier.Send(new OutgoingMessage(payload.WithHeader(1), WebSocketMessageType.Binary, payload, Owner: null));
        Assert.Equal(SessionLoss.LocalFault, (await carrier.Ended.WaitAsync(Patience, Ct))?.Kind);
        (_, _, Exception? told) = Assert.Single(log.Entries, static entry => entry.Level == LogLevel.Error);
        Assert.Contains(nameof(FaultyStream), told?.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Nor_is_one_in_a_splice(Exception fault)
    {
        using LogRecorder log = new();
        CarrierLimits limits = CarrierLimits.Default with { Logger = log };
        (Socket client, Socket atClient) = await SessionPair.ConnectAsync();
        (Socket server, Socket atServer) = await SessionPair.ConnectAsync();
        using NetworkStream asking = new(client, ownsSocket: true), answering = new(server, ownsSocket: true);
        using WebSocket clientSide = WebSocket.CreateFromStream(asking, new WebSocketCreationOptions { IsServer = false });
        await using WebSocketSplice splice = new(
            new CommandObserver(RemoteCommandProtocol.V5, new RelayTraffic(), WithheldWords.None), new NetworkStream(atClient, ownsSocket: true), limits, new FaultyStream(new NetworkStream(atServer, ownsSocket: true), fault), limits,
            static () => { }, CancellationToken.None);
        Task<RelayOutcome> relay = splice.RunAsync();
        await clientSide.SendAsync(new byte[] { 0, 1 }, WebSocketMessageType.Binary, endOfMessage: true, Ct); // what cannot be passed on
        RelayOutcome outcome = await relay.WaitAsync(Patience, Ct);
        Assert.NotEqual(RelayEnd.ClientLost, outcome.End);
        Assert.Contains("fault", outcome.Status?.Message, StringComparison.Ordinal);
        (_, _, Exception? told) = Assert.Single(log.Entries, static entry => entry.Level == LogLevel.Error);
        Assert.Contains(nameof(FaultyStream), told?.ToString(), StringComparison.Ordinal);
    }

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    sealed class FaultyReceiver(Exception fault) : IWebSocketReceiver
    {
        public MessageTarget Begin(byte first) => throw fault;

        public ValueTask ReceiveAsync(byte first, Memory<byte> payload) => throw fault;

        public string NameOf(byte first) => "any";

        public void OnCut()
        {
            // nothing waits here
        }

        public void OnEnded(SessionLostException? loss)
        {
            // the carrier's own task is looked at
        }
    }

    /// <summary>Cannot be written to, by a fault that no connection has.</summary>
    sealed class FaultyStream(Stream inner, Exception fault) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw fault;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw fault;

        public override void Flush()
        {
            // nothing is kept
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
