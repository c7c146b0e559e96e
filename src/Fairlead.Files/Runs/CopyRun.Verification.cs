using Fairlead.Files.Trees;

namespace Fairlead.Files.Runs;

/// <summary>Both sides are compared, every file, before anything takes its place.</summary>
sealed partial class CopyRun
{
    readonly HashSet<string> _unequal = new(StringComparer.Ordinal);

    /// <returns>False where the source has changed meanwhile, and some files are to be copied again.</returns>
    /// <exception cref="CopyException">A file arrived otherwise than it was sent.</exception>
    async Task<bool> VerifyAsync(CancellationToken cancellationToken)
    {
        if (options.Verify == CopyVerification.None) return true;
        IReadOnlyList<TreeEntry> files = [.. _tree!.Files];
        List<TreeEntry> different = ComparesHashes
            ? await CompareHashesAsync(files, cancellationToken)
            : await CompareSizesAsync(files, cancellationToken);
        List<TreeEntry> wrong = [];
        HashSet<TreeEntry> gone = different.Count == 0 ? [] : await source.FindGoneAsync(different, cancellationToken);
        foreach (TreeEntry file in different)
        {
            TreeEntry? now = gone.Contains(file) ? null : await source.LookAgainAsync(file, cancellationToken);
            if (now is null)
            {
                await RefuseAsync(file, ReadFault.Gone.Reason, cancellationToken);
                continue;
            }

            // Within one second a file may change and look the same: that is believed once.
            if (now.IsSameVersion(file) && !_unequal.Add(file.Path)) wrong.Add(file);
            else _suspects[file.Path] = "what it holds differs from what was read";
        }

        if (wrong.Count == 0) return _suspects.Count == 0;
        string names = string.Join(", ", wrong.Take(3).Select(file => file.Name)) + (wrong.Count > 3 ? $" and {wrong.Count - 3} more" : "");
        throw new CopyException($"what arrived is not what was sent, nothing was placed: {names}");
    }

    async Task<List<TreeEntry>> CompareHashesAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        IReadOnlySet<TreeEntry> equal = await target.EqualAsync(cancellationToken);
        if (equal.Count > 0) files = [.. files.Where(file => !equal.Contains(file))];
        Task<IReadOnlyDictionary<TreeEntry, byte[]>> there = HashesAsync(source, files, cancellationToken),
            here = HashesAsync(target, files, cancellationToken);
        await Task.WhenAll(there, here);
        List<TreeEntry> different = [];
        List<(TreeEntry File, byte[] Arrived)> unequal = [];
        foreach (TreeEntry file in files)
        {
            if (!(await here).TryGetValue(file, out byte[]? arrived)) different.Add(file);
            else if (!(await there).TryGetValue(file, out byte[]? sent) || !sent.AsSpan().SequenceEqual(arrived))
                unequal.Add((file, arrived));
        }

        HashSet<TreeEntry> gone = unequal.Count == 0 ? []
            : await source.FindGoneAsync([.. unequal.Select(static one => one.File)], cancellationToken);
        foreach ((TreeEntry file, byte[] arrived) in unequal)
        {
            if (!gone.Contains(file) && await HasOnlyGrownAsync(file, arrived, cancellationToken)) _grown.Add(file.Name.ToString());
            else different.Add(file);
        }

        return different;
    }

    /// <summary>A log that has only grown was copied right as far as it was listed.</summary>
    async ValueTask<bool> HasOnlyGrownAsync(TreeEntry file, byte[] arrived, CancellationToken cancellationToken)
    {
        if (source.IsLocal || options.Consistent) return false;
        TreeEntry? now = await source.LookAgainAsync(file, cancellationToken);
        if (now is null || now.Size == file.Size || !now.MayHaveGrownFrom(file)) return false;
        PrefixHash beginning = await source.HashPrefixAsync(file, file.Size, cancellationToken);
        return beginning.Value.AsSpan().SequenceEqual(arrived);
    }

    /// <summary>What passed through here was hashed on the way; the rest is read.</summary>
    async Task<IReadOnlyDictionary<TreeEntry, byte[]>> HashesAsync(
        ICopySide side, IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        if (!side.IsLocal) return await side.HashAsync(files, cancellationToken);
        Dictionary<TreeEntry, byte[]> hashes = new(
            await side.HashAsync([.. files.Where(file => !_hashes.ContainsKey(file.Path))], cancellationToken));
        foreach (TreeEntry file in files)
        {
            if (_hashes.TryGetValue(file.Path, out byte[]? known)) hashes[file] = known;
        }

        return hashes;
    }

    async Task<List<TreeEntry>> CompareSizesAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, long> sizes = await target.ReadSizesAsync(_tree!, cancellationToken)
            ?? throw new CopyException("nothing in the container tells a size: the copy cannot be verified");
        return [.. files.Where(file => sizes.GetValueOrDefault(file.Path, -1) != file.Size)];
    }
}
