using System.Buffers;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Fairlead.Server.Tests;

public sealed class TransportBlocksTests
{
    [Fact]
    public async Task A_hosts_pipes_have_blocks_that_take_a_whole_message()
    {
        await using WebApplication application = StreamingHost.Build(null, static _ => { });
        MemoryPool<byte> pool = application.Services.GetRequiredService<IMemoryPoolFactory<byte>>().Create();
        using IMemoryOwner<byte> block = pool.Rent(1);
        Assert.Equal(32 * 1024, block.Memory.Length);
    }

    [Fact]
    public void A_block_is_given_back_once_and_not_used_afterwards()
    {
        using MemoryPool<byte> pool = new TransportBlocks().Create();
        IMemoryOwner<byte> first = pool.Rent();
        first.Dispose();
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Memory);

        using IMemoryOwner<byte> second = pool.Rent(), third = pool.Rent();
        Assert.False(second.Memory.Span.Overlaps(third.Memory.Span));
    }
}
