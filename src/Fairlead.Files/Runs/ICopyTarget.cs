using Fairlead.Files.Trees;

namespace Fairlead.Files.Runs;

/// <summary>Where files go: first into a folder that nobody else reads, then, verified, to their place.</summary>
interface ICopyTarget : ICopySide
{
    /// <summary>How it takes files, for people.</summary>
    string Method { get; }

    /// <summary>Makes or finds the folder for what is not verified, with the tree's folders in it.</summary>
    /// <returns>What it has of each file already, in bytes.</returns>
    ValueTask<Kept> PrepareAsync(CopyTree tree, string leaf, string source, CancellationToken cancellationToken);

    /// <summary>Takes bytes; those of one file come in order, and an empty file with none.</summary>
    /// <returns>False where the file cannot be there by its name, which <see cref="FlushAsync"/> tells of.</returns>
    ValueTask<bool> WriteAsync(Piece piece, CancellationToken cancellationToken);

    /// <summary>What was written of a file is not gone on with.</summary>
    ValueTask DropAsync(TreeEntry file, CancellationToken cancellationToken);

    /// <summary>Waits until everything written is there.</summary>
    ValueTask<WriteOutcome> FlushAsync(CancellationToken cancellationToken);

    /// <summary>
    /// True where this file is compared with what is sent while it still arrives (see <see cref="EqualAsync"/>), so that it need not be
    /// hashed at the end.
    /// </summary>
    bool ComparesBeside(TreeEntry file);

    /// <summary>
    /// Waits for the comparisons that run beside the copy (<see cref="ComparesBeside"/>), and gives the files that were found equal. All
    /// others still have to be compared.
    /// </summary>
    ValueTask<IReadOnlySet<TreeEntry>> EqualAsync(CancellationToken cancellationToken);

    /// <summary>How long what it has is, by path; null where nothing can tell.</summary>
    ValueTask<IReadOnlyDictionary<string, long>?> ReadSizesAsync(CopyTree tree, CancellationToken cancellationToken);

    /// <summary>Forgets what it has of a file.</summary>
    ValueTask RestartAsync(TreeEntry file, CancellationToken cancellationToken);

    /// <summary>Puts everything where it belongs. May be called again after a lost connection.</summary>
    /// <returns>False where what was verified is gone, and nothing was placed.</returns>
    ValueTask<bool> PlaceAsync(CopyTree tree, CancellationToken cancellationToken);

    /// <summary>Removes what was not placed.</summary>
    ValueTask AbandonAsync(CancellationToken cancellationToken);
}

/// <summary>What a target has from before.</summary>
/// <param name="Sizes">Bytes of each file that it has something of, by path.</param>
/// <param name="IsOfAnotherVersion">It had something, but of a source that has changed since, and dropped it.</param>
readonly record struct Kept(IReadOnlyDictionary<string, long> Sizes, bool IsOfAnotherVersion);
