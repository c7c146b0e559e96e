namespace Fairlead.Files.Pods;

/// <summary>
/// How much may be on its way to or from a pod, since that is what a cut costs: 3 MiB at first, twice as much each time that so much has
/// arrived, and all at once where the pod is far, since each doubling costs a round trip. Less than one MiB after the connection was cut,
/// and more again when it has held for long.
/// </summary>
sealed class Flight
{
    /// <summary>Where pieces begin: remote tools seek by whole blocks of this size.</summary>
    internal const int Block = 64 * 1024;

    const int First = 3 << 20, Largest = 96 << 20, PiecesOnTheWay = 3;
    const int Careful = 384 * 1024, Calmer = 2 * Careful;
    const long CalmerAfter = 64 << 20, CalmAfter = 512 << 20;

    bool _wasCut;
    long _held; // bytes that have arrived since the window was last changed

    /// <summary>Bytes that may be on their way.</summary>
    internal int Window { get; private set; } = First;

    /// <summary>Bytes of one piece, in whole blocks: one remote process is started for each.</summary>
    internal int Piece => Window / PiecesOnTheWay;

    /// <summary>Waiting for an answer takes long.</summary>
    internal void Far()
    {
        if (!_wasCut) Window = Largest;
    }

    /// <summary>The connection was cut.</summary>
    internal void Cut() => (Window, _held, _wasCut) = (Careful, 0, true);

    /// <summary>So many bytes have arrived.</summary>
    internal void Arrived(int bytes)
    {
        _held += bytes;
        long enough = !_wasCut || Window > Calmer ? Window : Window < Calmer ? CalmerAfter : CalmAfter;
        if (_held < enough || Window >= Largest) return;
        Window *= 2;
        _held = 0;
    }
}
