using Fairlead.Streaming.Spdy;

namespace Fairlead.Streaming.Tests.Spdy;

/// <summary>What a connection holds while nothing comes.</summary>
public sealed class SpdyIdleTests
{
    [Fact]
    public async Task A_connection_that_waits_holds_no_buffer()
    {
        WaitingStream stream = new();
        await using SpdyConnection connection = new(stream, isServer: true, acceptor: null, CarrierLimits.Default);
        Assert.Equal(0, await stream.FirstRead.WaitAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Nothing ever comes; tells how large a buffer was lent to the first read.</summary>
    sealed class WaitingStream : Stream
    {
        readonly TaskCompletionSource<int> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<int> FirstRead => _first.Task;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _first.TrySetResult(buffer.Length);
            return await _ended.Task;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;

        protected override void Dispose(bool disposing)
        {
            _ended.TrySetResult(0);
            base.Dispose(disposing);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override bool CanRead => true;
        public override bool CanWrite => true;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
