namespace Fairlead.Streaming;

/// <summary>
/// How much a loop has moved since it last let others go on. Where nothing has to be waited for, a loop would keep its thread, and on the
/// thread that polls sockets everybody else would wait.
/// </summary>
/// <example><code>if (turn.IsOver(count)) await Task.Yield();</code></example>
public struct Turn
{
    const int Bytes = 512 * 1024; // less than a millisecond of a fast transfer

    int _moved;

    /// <summary>Counts what was moved.</summary>
    /// <param name="bytes">How much, since the last call.</param>
    /// <returns>True when it is time to yield.</returns>
    public bool IsOver(int bytes)
    {
        _moved += bytes;
        if (_moved < Bytes) return false;
        _moved = 0;
        return true;
    }
}
