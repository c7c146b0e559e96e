using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy;

/// <summary>The streams of a remote command: which ones there are, and at a server those that have come so far.</summary>
/// <param name="expected">What must come before the command starts.</param>
sealed class SpdyStreamSet(IReadOnlyList<RemoteChannel> expected) : ISpdyAcceptor
{
    internal const int Channels = 5;

    /// <summary>The header that names a stream; its value is one of <see cref="TypeOf"/>.</summary>
    internal const string TypeHeader = "streamtype";

    readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile int _count;

    /// <summary>By channel; the table is not changed after <see cref="Complete"/>.</summary>
    internal SpdyStream?[] Streams { get; } = new SpdyStream?[Channels];

    /// <summary>Completes when all have come.</summary>
    internal Task Complete => _complete.Task;

    /// <summary>For people: <c>2 of 4</c>.</summary>
    internal string Progress => $"{_count} of {expected.Count}";

    /// <summary>The channels of a request, in the order in which clients open their streams.</summary>
    internal static IReadOnlyList<RemoteChannel> Expected(RemoteCommandRequest request, RemoteCommandProtocol protocol)
    {
        List<RemoteChannel> channels = [RemoteChannel.Error];
        if (request.Stdin) channels.Add(RemoteChannel.StandardInput);
        if (request.Stdout) channels.Add(RemoteChannel.StandardOutput);
        if (request.Stderr && !request.Tty) channels.Add(RemoteChannel.StandardError);
        if (request.Tty && protocol.HasResize) channels.Add(RemoteChannel.Resize);
        return channels;
    }

    internal static string TypeOf(RemoteChannel channel) => channel switch
    {
        RemoteChannel.StandardInput => "stdin",
        RemoteChannel.StandardOutput => "stdout",
        RemoteChannel.StandardError => "stderr",
        RemoteChannel.Error => "error",
        RemoteChannel.Resize => "resize",
        _ => throw new ArgumentOutOfRangeException(nameof(channel)),
    };

    bool ISpdyAcceptor.Accept(SpdyStream stream)
    {
        string? type = SpdyHeaderBlock.Find(stream.Headers, TypeHeader);
        foreach (RemoteChannel channel in expected)
        {
            if (!string.Equals(type, TypeOf(channel), StringComparison.OrdinalIgnoreCase)) continue;
            if (Streams[(int)channel] is not null) return false; // a second one of a kind
            Streams[(int)channel] = stream;
            if (++_count == expected.Count) _complete.TrySetResult();
            return true;
        }

        stream.Discard(); // Go servers accept what they do not know and ignore it
        return true;
    }
}
