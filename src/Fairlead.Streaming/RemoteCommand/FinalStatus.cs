using Fairlead.Wire;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>The end of a remote command in a version whose status is JSON, as every reader of one takes it.</summary>
static class FinalStatus
{
    /// <summary>The longest that is read, in bytes; a longer one is a fault of the peer's.</summary>
    internal const int Longest = 1024 * 1024;

    /// <returns>What may be told of it; null where it is not whole yet, or is none.</returns>
    internal static Status? Read(ReadOnlySpan<byte> text, WithheldWords withheld) =>
        Status.TryParse(text) is { } status ? withheld.BlankCredentials(status) : null;
}
