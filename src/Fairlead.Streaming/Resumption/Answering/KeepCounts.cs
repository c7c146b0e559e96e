using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>How often sessions were resumed and expired, and openings refused. Safe for concurrent use.</summary>
sealed class KeepCounts
{
    static readonly SessionRefusal[] s_codes = Enum.GetValues<SessionRefusal>();

    readonly long[] _refused = new long[s_codes.Length];
    long _resumed, _expired;

    internal long Resumed => Interlocked.Read(ref _resumed);

    internal long Expired => Interlocked.Read(ref _expired);

    /// <summary>Those that happened at least once.</summary>
    internal IEnumerable<KeyValuePair<SessionRefusal, long>> Refused => s_codes
        .Select((code, at) => KeyValuePair.Create(code, Interlocked.Read(ref _refused[at])))
        .Where(static refused => refused.Value > 0);

    internal void OnResumed() => Interlocked.Increment(ref _resumed);

    internal void OnExpired() => Interlocked.Increment(ref _expired);

    internal void OnRefused(SessionRefusal code) => Interlocked.Increment(ref _refused[Array.IndexOf(s_codes, code)]);
}
