namespace Fairlead.Client.Files.Pods;

/// <summary>
/// How much may be on its way to or from a pod, since that is what a cut costs: a few MiB while the connection holds, less than one
/// after it was cut, and more again when it has held for a while.
/// </summary>
sealed class Flight
{
    /// <summary>Where pieces begin: remote tools seek by whole blocks of this size.</summary>
    internal const int Block = 64 * 1024;

    const int Largest = 1024 * 1024, Smallest = 128 * 1024, PiecesOnTheWay = 3;
    const long GrowsAfter = 256L << 20;

    long _held;

    /// <summary>Bytes of one piece: one remote process is started for each.</summary>
    internal int Piece { get; private set; } = Largest;

    /// <summary>Bytes that may be on their way.</summary>
    internal int Window => Piece * PiecesOnTheWay;

    /// <summary>The connection was cut.</summary>
    internal void Cut()
    {
        Piece = Smallest;
        _held = 0;
    }

    /// <summary>So many bytes have arrived.</summary>
    internal void Arrived(int bytes)
    {
        _held += bytes;
        if (_held < GrowsAfter || Piece >= Largest) return;
        Piece *= 2;
        _held = 0;
    }
}
