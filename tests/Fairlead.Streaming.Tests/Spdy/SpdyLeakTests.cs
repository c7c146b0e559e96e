using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests.Spdy;

/// <summary>What connections leave behind in this process: nothing. Counts what the whole process holds, and so runs by itself.</summary>
[Collection(Alone.Name)]
public sealed class SpdyLeakTests
{
    [Fact]
    public async Task Nothing_is_left_of_clients_that_misbehave()
    {
        CarrierLimits limits = HostileSpdyClientTests.Quick with { Linger = TimeSpan.FromMilliseconds(100), StreamTimeout = TimeSpan.FromMilliseconds(100) };
        await RunAsync();
        LeakCheck leaks = LeakCheck.Begin();
        for (int i = 0; i < 5; i++) await RunAsync();
        await leaks.ExpectNothingLeftAsync(cancellationToken: Ct);

        async Task RunAsync()
        {
            foreach (string hex in new[] { "", "80030005 00000000", "80030001" })
            {
                RawSpdyPeer peer = await RawSpdyPeer.ToServerAsync(limits: limits);
                await peer.SendAsync(hex);
                await Assert.ThrowsAsync<SessionLostException>(() => peer.Server!);
                await peer.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Nothing_is_left_of_many_sessions()
    {
        await RunOneAsync();
        LeakCheck leaks = LeakCheck.Begin();
        for (int i = 0; i < 20; i++) await RunOneAsync();
        await leaks.ExpectNothingLeftAsync(cancellationToken: Ct);

        static async Task RunOneAsync()
        {
            await using SpdyPair pair = await SpdyPair.OpenAsync();
            Task ending = pair.EndAsync(Status.Success);
            await pair.Client.Status;
            await ending;
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
