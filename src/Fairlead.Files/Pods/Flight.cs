namespace Fairlead.Files.Pods;

/// <summary>
/// How much may be on its way to or from a pod, since that is what a cut costs: 3 MiB at first, more while the connection holds, less
/// than one after it was cut, and more again when it has held for a while.
/// </summary>
sealed class Flight
{
    /// <summary>Where pieces begin: remote tools seek by whole blocks of this size.</summary>
    internal const int Block = 64 * 1024;

    /// <summary>Bytes of the largest piece.</summary>
    internal const int Largest = 4 * 1024 * 1024;

    const int First = 1024 * 1024, Smallest = 128 * 1024, PiecesOnTheWay = 3, LargestWindow = 2 * Largest;
    const long GrowsAfter = 256L << 20, GrowsAtFirstAfter = 64L << 20;

    long _growsAfter = GrowsAtFirstAfter; // a cut makes careful

    long _held;

    /// <summary>Bytes of one piece: one remote process is started for each.</summary>
    internal int Piece { get; private set; } = First;

    /// <summary>Bytes that may be on their way.</summary>
    internal int Window => Math.Min(Piece * PiecesOnTheWay, LargestWindow);

    /// <summary>The connection was cut.</summary>
    internal void Cut()
    {
        Piece = Smallest;
        (_held, _growsAfter) = (0, GrowsAfter);
    }

    /// <summary>So many bytes have arrived.</summary>
    internal void Arrived(int bytes)
    {
        _held += bytes;
        if (_held < _growsAfter || Piece >= Largest) return;
        Piece *= 2;
        _held = 0;
    }
}
