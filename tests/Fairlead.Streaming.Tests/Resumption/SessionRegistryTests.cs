using Fairlead.Streaming.Resumption;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>What a server counts of the sessions that it keeps.</summary>
public sealed class SessionRegistryTests
{
    /// <summary>The end comes from whoever runs the command, the loss of a carrier from the carrier: either may be first.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("alice")]
    public async Task A_session_that_ends_while_its_carrier_is_let_go_is_not_counted_as_kept(string? caller)
    {
        List<KeepEvent> told = [];
        SessionRegistry registry = new(new KeepLimits(), time: null);
        SessionOpening opening = new() { Id = 1, Secret = new byte[32], Digest = new byte[32], First = registry.Greet().Moment, Attempt = 1 };
        await using ResumableSession channels = new([new(1, true)], new ResumptionLimits(), 1 << 20);
        KeptSession session = registry.Decide(opening, caller, "exec default/web/app", _ => channels, told.Add).Session!;

        session.OnDetached();
        Assert.Equal((1, 1), (registry.Count, registry.Detached));
        registry.OnAttached(session);
        channels.End(null);
        session.OnDetached();

        Assert.Equal((0, 0), (registry.Count, registry.Detached));
        Assert.Equal(KeepEventKind.Kept, Assert.Single(told).Kind);
    }
}
