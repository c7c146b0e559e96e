using Fairlead.Wire;
using Fairlead.Wire.Spdy;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Streaming;

/// <summary>The bounds of one carrier: how much it holds, how large messages may be, how long silence may last.</summary>
public sealed record CarrierLimits
{
    /// <summary>The defaults.</summary>
    public static CarrierLimits Default { get; } = new();

    /// <summary>Bytes that one inbound channel holds for a slow reader before the carrier stops reading. 256 KiB.</summary>
    public int ChannelBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// Bytes that the windows of all conversations of one carrier (<c>portforward.fairlead.v2</c>) may come to, beyond the 16 KiB that each
    /// has: what it holds where nobody reads, and what one transfer may have on its way. 16 MiB.
    /// </summary>
    public int WindowBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Conversations that a peer may have open on one carrier; further ones are refused. 4096.</summary>
    public int Conversations { get; init; } = 4096;

    /// <summary>
    /// The longest message that is taken, in bytes; a longer one ends the session with close code 1009. Payloads are passed on as
    /// they arrive, so this costs no memory. 32 MiB, as Go servers have it: some clients send 15 MiB at once.
    /// </summary>
    public int MessageBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>The longest base64 message, which must be held whole to be decoded. 4 MiB.</summary>
    public int Base64MessageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long the peer may be silent before it is pinged, and how often a side that cannot read shows that it lives. At
    /// most half of <see cref="PingTimeout"/> counts.</summary>
    public TimeSpan PingInterval { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long nothing at all may arrive while this side waits for it before the carrier is lost. Any byte counts, not just an
    /// answer to a ping, and time in which this side itself did not read does not.
    /// </summary>
    public TimeSpan PingTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The same while a write is blocked. A peer that does not read (a command that is busy for minutes) may be unable to answer
    /// pings too, as API servers are, so this is much longer. 15 minutes.
    /// </summary>
    public TimeSpan StallTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// After this side's close: how long to wait for a peer that says nothing. While a peer still sends, this side goes on reading. 15
    /// seconds.
    /// </summary>
    public TimeSpan Linger { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long disposing a forwarded connection takes at most: until what was written is on the wire, and the peer has ended too. 5
    /// seconds.
    /// </summary>
    public TimeSpan DisposeTimeout { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// After a command's status: how long a silent server is waited for that has not closed. Servers send the status behind all output and
    /// close at once, so this is for others. 1 second.
    /// </summary>
    public TimeSpan LateOutput { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// SPDY: how long a stream's reply, and at a server the last of the expected streams, is waited for. 30 seconds, as Go peers do.
    /// </summary>
    public TimeSpan StreamTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whoever reads an input or output goes on inside the read loop when something has arrived, rather than on a thread that is woken for
    /// it. Only for readers that never block: nothing else of the session is read meanwhile. WebSocket.
    /// </summary>
    public bool InlineReaders { get; init; }

    /// <summary>
    /// Where the carrier logs: how it ended and what it missed at debug, each message's channel, length and offset at trace, never what is
    /// in it. It is called by the carrier's loops, and must not block. Nowhere by default.
    /// </summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>
    /// What was said in the request. A peer that quotes it, as the reason of a Close or of a refused connection, is told without it, here
    /// and in whatever is made of it.
    /// </summary>
    public WithheldWords Withheld { get; init; } = WithheldWords.None;

    /// <summary>The category that carriers log under.</summary>
    public const string LogCategory = "Fairlead.Streaming";

    /// <summary>SPDY: lengths, counts and inflated sizes.</summary>
    public SpdyLimits Spdy { get; init; } = SpdyLimits.Default;

    /// <summary>
    /// How often a side that cannot read, since its consumer is behind, shows that it lives. This side also learns from it that the peer is
    /// gone: the peer's end lies behind bytes that are not read yet, so nothing else would tell. It is therefore done at least every 2
    /// seconds, even where pings are rarer.
    /// </summary>
    internal TimeSpan BeatInterval => PingAfter < TimeSpan.FromSeconds(2) ? PingAfter : TimeSpan.FromSeconds(2);

    /// <summary>
    /// After how much silence the peer is pinged: <see cref="PingInterval"/>, but early enough that an answer can come before
    /// <see cref="PingTimeout"/>, which may be set to less. A session that is merely silent would be lost otherwise.
    /// </summary>
    internal TimeSpan PingAfter =>
        PingInterval == TimeLimit.ForEver || PingInterval < PingTimeout / 2 ? PingInterval : PingTimeout / 2;

    /// <summary>How often deadlines are looked at.</summary>
    internal TimeSpan TickInterval =>
        TimeSpan.FromMilliseconds(Math.Clamp(Math.Min(PingAfter.TotalMilliseconds, PingTimeout.TotalMilliseconds) / 4, 20, 1000));
}
