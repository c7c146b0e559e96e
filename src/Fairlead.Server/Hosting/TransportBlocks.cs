using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Fairlead.Server.Hosting;

/// <summary>
/// The memory of Kestrel's pipes, in blocks of 32 KiB. Its own have 4 KiB, and each is received by a call of its own and becomes a TLS
/// record of its own: four times as many records, and eight times as many calls, as what streams through needs.
/// </summary>
/// <remarks>Idle connections hold no block: Kestrel waits for data before it rents one.</remarks>
sealed class TransportBlocks : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    sealed class Pool : MemoryPool<byte>
    {
        const int BlockBytes = 32 * 1024;

        /// <summary>Owners without a block: what a rent would allocate. No more of them than blocks were ever in use at once.</summary>
        readonly ConcurrentQueue<Owner> _owners = new();

        public override int MaxBufferSize => BlockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
            if (!_owners.TryDequeue(out Owner? owner)) owner = new Owner(this);
            owner.Take();
            return owner;
        }

        /// <summary>The blocks are the array pool's, and go back to it one by one.</summary>
        protected override void Dispose(bool disposing)
        {
        }

        sealed class Owner(Pool pool) : IMemoryOwner<byte>
        {
            byte[]? _block;

            public Memory<byte> Memory => _block ?? throw new ObjectDisposedException(nameof(IMemoryOwner<byte>));

            internal void Take() => _block = ArrayPool<byte>.Shared.Rent(BlockBytes);

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _block, null) is not { } block) return;
                ArrayPool<byte>.Shared.Return(block);
                pool._owners.Enqueue(this);
            }
        }
    }
}
