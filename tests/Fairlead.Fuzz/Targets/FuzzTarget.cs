using System.Diagnostics.CodeAnalysis;

namespace Fairlead.Fuzz.Targets;

/// <summary>
/// What is done with one input, by the fuzzer and by the test that replays the corpus. A target throws for a fault of ours and for
/// nothing else: what the reader refuses with its documented exception is an answer.
/// </summary>
static class FuzzTarget
{
    /// <summary>By the name of its folder in tests/fuzz-corpus.</summary>
    internal static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new SortedDictionary<string, Action<byte[]>>(StringComparer.Ordinal)
    {
        ["spdy-frames"] = SpdyFramesTarget.Run,
        ["spdy-headers"] = SpdyHeadersTarget.Run,
        ["channels"] = ChannelsTarget.Run,
        ["visible-text"] = VisibleTextTarget.Run,
        ["websocket-frames"] = WebSocketFramesTarget.Run,
        ["forward-messages"] = ForwardMessagesTarget.Run,
        ["forward-records"] = ForwardRecordsTarget.Run,
        ["forward-splice"] = ForwardSpliceTarget.Run,
        ["extended-connect"] = ExtendedConnectTarget.Run,
        ["session-messages"] = SessionMessagesTarget.Run,
        ["query"] = QueryTarget.Run,
        ["http-frames"] = HttpFramesTarget.Run,
        ["kubeconfig"] = KubeConfigTarget.Run,
        ["listing"] = ListingTarget.Run,
        ["archive"] = ArchiveTarget.Run,
    };

    internal static void Require([DoesNotReturnIf(false)] bool condition, string what)
    {
        if (!condition) throw new FuzzFaultException(what);
    }

    internal static void RequireSame(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what)
    {
        if (!expected.SequenceEqual(actual))
            throw new FuzzFaultException($"{what}: {Convert.ToHexStringLower(expected)} became {Convert.ToHexStringLower(actual)}");
    }
}
