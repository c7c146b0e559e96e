using System.Net.Sockets;
using System.Text;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

/// <summary>What a client still waits for once it has everything: nothing.</summary>
public sealed class LeavingTests
{
    static readonly byte[] Output = [0x82, 0x04, 0x01, .. "out"u8];
    static readonly byte[] Ending = [0x82, 0x23, 0x03, .. """{"metadata":{},"status":"Success"}"""u8, 0x88, 0x02, 0x03, 0xe8];

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, Trait("Case", "B9")]
    [InlineData(4)] // the server's Close comes with the status
    [InlineData(0)] // and behind the client's
    public async Task A_client_reads_no_more_after_the_servers_close(int together)
    {
        (Socket socket, Socket server) = await SessionPair.ConnectAsync();
        await using NetworkStream peer = new(server, ownsSocket: true);
        RationedStream rationed = new(new NetworkStream(socket, ownsSocket: true), Output.Length + Ending.Length);
        WebSocketRemoteCommand adapter = WebSocketRemoteCommand.Ask(rationed, RemoteCommandProtocol.V5, SessionPair.AllPipes, CarrierLimits.Default);
        await using (AskingSession client = new(adapter, SessionPair.AllPipes))
        {
            await peer.WriteAsync((byte[])[.. Output, .. Ending[..(Ending.Length - 4 + together)]], Ct);
            Assert.True((await client.Status.WaitAsync(Ct)).IsSuccess);
            byte[] close = new byte[8];
            await peer.ReadExactlyAsync(close, Ct);
            Assert.Equal(0x88, close[0]);
            await peer.WriteAsync(Ending.AsMemory(Ending.Length - 4 + together), Ct);
            Assert.Equal("out", Encoding.UTF8.GetString(await client.StandardOutput.ReadAllAsync(Ct)));
        }

        Assert.Equal(0, await peer.ReadAsync(new byte[1], Ct)); // it has hung up, and this side has not
        Assert.False(rationed.IsAskedForMore, "the client read on after the server's Close");
    }

    [Fact, Trait("Case", "B9")]
    public async Task A_server_that_never_closes_is_not_waited_for_once_the_status_is_there()
    {
        CarrierLimits limits = CarrierLimits.Default with
        {
            Linger = TimeSpan.FromHours(1),
            LateOutput = TimeSpan.FromMilliseconds(50),
            PingInterval = TimeSpan.FromMilliseconds(200),
        };
        await using RawPeer peer = await RawPeer.ToClientAsync(limits: limits);
        await peer.SendFrameAsync(2, [1, .. "out"u8]);
        await peer.SendFrameAsync(2, [3, .. """{"metadata":{},"status":"Success"}"""u8]);
        Assert.True((await peer.Client!.Status.WaitAsync(Ct)).IsSuccess);
        Assert.Equal("out", Encoding.UTF8.GetString(await peer.Client.StandardOutput.ReadAllAsync(Ct).WaitAsync(Eventually.Patience, Ct)));
        await peer.Client.DisposeAsync().AsTask().WaitAsync(Eventually.Patience, Ct);
    }

    /// <summary>Knows how many bytes will come, and notices who wants more.</summary>
    sealed class RationedStream(Stream inner, int expected) : Stream
    {
        int _left = expected;

        internal bool IsAskedForMore { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            IsAskedForMore |= _left == 0;
            int count = await inner.ReadAsync(buffer, cancellationToken);
            _left -= count;
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }

        public override bool CanRead => true;
        public override bool CanWrite => true;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() => throw new NotSupportedException();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
