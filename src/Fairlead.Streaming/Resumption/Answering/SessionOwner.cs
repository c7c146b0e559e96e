namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>What a caller has of a registry. Guarded by the registry's lock.</summary>
/// <param name="caller">Who; null for all whom the server cannot tell apart, to whom only the totals apply.</param>
/// <param name="bytes">What its sessions keep.</param>
sealed class SessionOwner(string? caller, ByteBudget bytes)
{
    internal string? Caller => caller;

    internal ByteBudget Bytes => bytes;

    internal int Sessions { get; set; }

    internal int Detached { get; set; }
}
