using System.Buffers.Binary;
using System.Security.Cryptography;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption.Asking;

/// <summary>A session's name and secret, which are drawn here and leave by openings alone.</summary>
/// <param name="digest">What was asked for.</param>
/// <param name="patience">For how long another carrier is tried for after a loss; infinite for as long as the server keeps the
/// session.</param>
sealed class SessionKey(byte[] digest, TimeSpan patience)
{
    readonly UInt128 _id = BinaryPrimitives.ReadUInt128LittleEndian(RandomNumberGenerator.GetBytes(16));
    readonly byte[] _secret = RandomNumberGenerator.GetBytes(SessionMessage.SecretLength);
    readonly TimeSpan _keep = patience == Timeout.InfiniteTimeSpan || patience > SessionMessage.LongestKeep
        ? SessionMessage.LongestKeep
        : TimeSpan.FromSeconds(Math.Ceiling(patience.TotalSeconds));

    SessionMoment? _first;
    uint _attempts;

    /// <summary>The opening for one carrier.</summary>
    /// <param name="hello">What its server said; that of the first carrier stays in all openings.</param>
    /// <param name="isKnown">The server was heard to have the session.</param>
    /// <param name="received">What has come so far.</param>
    internal SessionOpening Open(SessionHello hello, bool isKnown, IReadOnlyList<ChannelTotal> received)
    {
        _first ??= hello.Moment;
        return new SessionOpening
        {
            Id = _id,
            Attempt = ++_attempts,
            Secret = _secret,
            Digest = digest,
            First = _first.Value,
            IsKnown = isKnown,
            Received = received,
            Keep = _keep,
        };
    }
}
