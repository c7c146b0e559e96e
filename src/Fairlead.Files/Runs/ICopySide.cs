using System.Security.Cryptography;
using Fairlead.Files.Local;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Runs;

/// <summary>
/// One end of a copy: this machine or a pod. A lost connection is closed and opened again; what a side knows of the files stays.
/// </summary>
interface ICopySide : IAsyncDisposable
{
    /// <summary>Where it is, for people and for the name of what is kept for a resumption.</summary>
    string Description { get; }

    /// <summary>What computes its SHA-256, for people; null where nothing can.</summary>
    string? HashTool { get; }

    /// <summary>True on this machine: what passes through is hashed on the way.</summary>
    bool IsLocal { get; }

    /// <summary>Can go on in the middle of a file.</summary>
    bool CanResume { get; }

    /// <summary>Connects where it is not connected.</summary>
    ValueTask OpenAsync(CancellationToken cancellationToken);

    /// <summary>Drops a connection that was lost.</summary>
    ValueTask CloseAsync();

    /// <summary>The SHA-256 of a file's first bytes, as a state that can go on where <see cref="IsLocal"/>. The caller owns it.</summary>
    ValueTask<PrefixHash> HashPrefixAsync(TreeEntry file, long length, CancellationToken cancellationToken);

    /// <summary>
    /// Begins to hash a file that is being copied; null where <see cref="IsLocal"/> is false, and where it cannot be opened any more. Takes
    /// the state over, which has had the first bytes.
    /// </summary>
    FollowingHash? Follow(TreeEntry file, IncrementalHash state, long from);

    /// <summary>The SHA-256 of whole files. One that cannot be read is absent.</summary>
    ValueTask<IReadOnlyDictionary<TreeEntry, byte[]>> HashAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken);
}

/// <summary>The hash of a file's beginning.</summary>
/// <param name="Value">The hash.</param>
/// <param name="State">Goes on with the rest; null where it was computed elsewhere.</param>
readonly record struct PrefixHash(byte[] Value, IncrementalHash? State);
