namespace Fairlead.Streaming.Resumption;

/// <summary>
/// How much may be kept by several channels together. It is asked before a writer goes on, and never refuses memory that was asked for.
/// From any thread.
/// </summary>
/// <param name="most">The bytes at which it is used up.</param>
/// <param name="whole">The budget that this one is a part of; null for none.</param>
sealed class ByteBudget(long most, ByteBudget? whole = null)
{
    long _used;

    /// <summary>For a side that has one session: its channels' own bounds are enough.</summary>
    internal static ByteBudget Unlimited { get; } = new(long.MaxValue);

    /// <summary>Bytes that are kept now.</summary>
    internal long Used => Interlocked.Read(ref _used);

    internal bool IsUsedUp => Used >= most || whole?.IsUsedUp == true;

    internal void Add(long bytes)
    {
        if (most == long.MaxValue) return; // shared by everybody, and asked by nobody
        Interlocked.Add(ref _used, bytes);
        whole?.Add(bytes);
    }
}
