namespace Fairlead.Upgrades.PortForward;

/// <summary>
/// How long no spare carrier is opened after one was refused: twice as long each time, so that a server which takes no more is not asked
/// in a loop. Not safe for concurrent use.
/// </summary>
struct SparePause(TimeProvider time)
{
    internal static readonly TimeSpan First = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromMinutes(1);

    TimeSpan _length;
    long _since;

    internal readonly bool IsOver => _length <= TimeSpan.Zero || _length <= time.GetElapsedTime(_since);

    /// <summary>A spare was refused.</summary>
    internal void Lengthen()
    {
        _length = _length == TimeSpan.Zero ? First : _length * 2 < Longest ? _length * 2 : Longest;
        _since = time.GetTimestamp();
    }

    /// <summary>A spare could be opened.</summary>
    internal void Reset() => _length = TimeSpan.Zero;
}
