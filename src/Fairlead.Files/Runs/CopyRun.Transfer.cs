using System.Security.Cryptography;
using Fairlead.Files.Local;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Runs;

/// <summary>What is missing is moved, each file from where the target's part of it ends.</summary>
sealed partial class CopyRun
{
    const int MostChanges = 3;

    readonly Dictionary<string, byte[]> _hashes = new(StringComparer.Ordinal);
    readonly Dictionary<string, IncrementalHash> _seeds = new(StringComparer.Ordinal);
    // files that had changed when they were read or compared, and why
    readonly Dictionary<string, string> _suspects = new(StringComparer.Ordinal);
    readonly Dictionary<string, int> _changes = new(StringComparer.Ordinal);
    readonly HashSet<string> _grown = new(StringComparer.Ordinal);
    FollowingHash? _following;
    TreeEntry? _current;

    /// <summary>
    /// What is still to be copied, each from where the target's part ends, if that is a part of this version of the file.
    /// </summary>
    async ValueTask<List<FilePart>> PlanAsync(Kept kept, CancellationToken cancellationToken)
    {
        bool first = _bestKept < 0;
        (_bytes, _files) = (0, 0);
        List<FilePart> parts = [];
        foreach (TreeEntry listed in _tree!.Files.ToList())
        {
            TreeEntry file = listed;
            long have = kept.Sizes.GetValueOrDefault(file.Path, -1);
            bool isSuspect = _suspects.Remove(file.Path, out string? reason);
            if (isSuspect || (have > 0 && have < file.Size))
            {
                if (await CurrentAsync(file, isSuspect, reason, cancellationToken) is not { } now) continue;
                if (now != file || isSuspect) have = await RestartAsync(now, cancellationToken);
                file = now;
            }

            if (have > file.Size) have = await RestartAsync(file, cancellationToken);
            if (have > 0 && have < file.Size && !await IsGoodPrefixAsync(file, have, first, cancellationToken))
            {
                Say($"what is kept of {file.Name} cannot be gone on with: starting it again");
                have = await RestartAsync(file, cancellationToken);
            }

            if (have == file.Size) _files++;
            else parts.Add(new FilePart(file, Math.Max(0, have)));
            _bytes += Math.Max(0, have);
        }

        if (_bytes > 0 && first) Say($"going on behind {Size(_bytes)} that are kept from before");
        if (_bytes > _bestKept) (_bestKept, _failures, _silences) = (_bytes, 0, 0);
        return parts;
    }

    /// <summary>The file as it is to be copied now: as it was listed where that still is its beginning. Null where it is refused.</summary>
    async ValueTask<TreeEntry?> CurrentAsync(TreeEntry file, bool isSuspect, string? reason, CancellationToken cancellationToken)
    {
        if (isSuspect && (_changes[file.Path] = _changes.GetValueOrDefault(file.Path) + 1) > MostChanges)
        {
            if (options.Consistent) throw new CopyException($"the source keeps changing while it is copied: {file.Name}");
            bool isSteady = reason == ReadFault.Shorter.Reason && await source.LookAgainAsync(file, cancellationToken) is { } same
                && same.IsSameVersion(file);
            string why = isSteady ? ReadFault.Missized : $"it keeps changing while it is copied: {reason}";
            await RefuseAsync(file, why, cancellationToken);
            return null;
        }

        TreeEntry? now = await source.LookAgainAsync(file, cancellationToken);
        if (now is not { Kind: EntryKind.File })
        {
            await RefuseAsync(file, now is null ? ReadFault.Gone.Reason : "it is no file any more", cancellationToken);
            return null;
        }

        if (now.IsSameVersion(file) || (!isSuspect && !options.Consistent && now.MayHaveGrownFrom(file))) return file;
        Say($"{file.Name} has changed: starting it again");
        _tree!.Replace(file, now);
        return now;
    }

    async ValueTask<long> RestartAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        _hashes.Remove(file.Path);
        if (_seeds.Remove(file.Path, out IncrementalHash? state)) state.Dispose();
        await target.RestartAsync(file, cancellationToken);
        return -1;
    }

    async ValueTask<bool> IsGoodPrefixAsync(TreeEntry file, long length, bool isFromBefore, CancellationToken cancellationToken)
    {
        if (!source.CanResume || !target.CanResume) return false;
        Task<PrefixHash> there = source.HashPrefixAsync(file, length, cancellationToken).AsTask(),
            here = target.HashPrefixAsync(file, length, cancellationToken).AsTask();
        PrefixHash[] both = await Task.WhenAll(there, here);
        IncrementalHash? state = both[0].State ?? both[1].State;

        // Without a tool there, what this very copy wrote is gone on with; the size is checked at the end.
        bool comparable = source.HashTool is not null && target.HashTool is not null;
        bool good = comparable ? both[0].Value.Length > 0 && both[0].Value.AsSpan().SequenceEqual(both[1].Value) : !isFromBefore;
        if (!good)
        {
            state?.Dispose();
            return false;
        }

        if (state is null) return true;
        if (_seeds.Remove(file.Path, out IncrementalHash? older)) older.Dispose();
        _seeds[file.Path] = state;
        return true;
    }

    /// <returns>False where some of it is to be copied again.</returns>
    async Task<bool> CopyAsync(List<FilePart> parts, CancellationToken cancellationToken)
    {
        ICopySide? local = options.Verify != CopyVerification.Sha256 ? null : source.IsLocal ? source : target.IsLocal ? target : null;
        List<(TreeEntry File, ReadFault Fault)> faults = [];
        Forget();
        await foreach (Piece piece in source.ReadAsync(parts, cancellationToken))
        {
            if (piece.Fault == ReadFault.Longer && !options.Consistent)
            {
                _grown.Add(piece.File.Name.ToString());
                continue;
            }

            if (piece.Fault is { } fault)
            {
                faults.Add((piece.File, fault));
                await target.DropAsync(piece.File, cancellationToken);
                Forget();
                continue;
            }

            bool isWritten = await target.WriteAsync(piece, cancellationToken);
            _bytes += piece.Bytes.Length;
            if (local is not null && isWritten && !target.ComparesBeside(piece.File)) await HashAsync(local, piece);
            if (piece.IsLast) _files++;
            Report(CopyPhase.Copying, piece.File.Path);
        }

        WriteOutcome outcome = await target.FlushAsync(cancellationToken);
        foreach ((TreeEntry file, string reason) in outcome.Refused) await RefuseAsync(file, reason, cancellationToken);
        foreach ((TreeEntry file, ReadFault fault) in faults)
        {
            if (fault.IsChange) _suspects[file.Path] = fault.Reason;
            else await RefuseAsync(file, fault.Reason, cancellationToken);
        }

        return _suspects.Count == 0 && !outcome.IsIncomplete;
    }

    /// <summary>Small files are hashed as they pass, larger ones from the file, beside the transfer.</summary>
    async ValueTask HashAsync(ICopySide local, Piece piece)
    {
        bool begins = piece.File != _current;
        _current = piece.File;
        if (begins && piece is { Offset: 0, IsLast: true })
        {
            _hashes[piece.File.Path] = SHA256.HashData(piece.Bytes.Span);
            return;
        }

        if (begins)
        {
            _following?.Dispose();
            bool isKnown = _seeds.Remove(piece.File.Path, out IncrementalHash? state);
            _following = local.Follow(piece.File, state ?? IncrementalHash.CreateHash(HashAlgorithmName.SHA256), isKnown
                ? piece.Offset
                : 0);
        }

        if (_following is null) return; // gone by now, which is told when all are compared
        _following.Advance(piece.Offset + piece.Bytes.Length);
        if (!piece.IsLast) return;
        _hashes[piece.File.Path] = await _following.CompleteAsync();
        _following.Dispose();
        _following = null;
    }

    void Forget()
    {
        _following?.Dispose();
        (_following, _current) = (null, null);
    }

    void SayGrown()
    {
        if (_grown.Count == 0) return;
        string names = string.Join(", ", _grown.Take(3)) + (_grown.Count > 3 ? $" and {_grown.Count - 3} more" : "");
        Say($"{names} grew while it was copied: what is there now was verified, and is as long as it was when it was listed");
    }

    public void Dispose()
    {
        Forget();
        foreach (IncrementalHash seed in _seeds.Values) seed.Dispose();
    }
}
