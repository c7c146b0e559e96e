using Fairlead.Files.Trees;

namespace Fairlead.Files;

/// <summary>Both sides are compared, every file, before anything takes its place.</summary>
sealed partial class CopyRun
{
    int _rounds;

    /// <returns>False where the source has changed meanwhile, and some files are to be copied again.</returns>
    /// <exception cref="CopyException">A file arrived otherwise than it was sent.</exception>
    async Task<bool> VerifyAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<TreeEntry> files = _tree!.Files;
        List<TreeEntry> different = source.HashTool is not null && target.HashTool is not null
            ? await CompareHashesAsync(files, cancellationToken)
            : await CompareSizesAsync(files, cancellationToken);
        if (different.Count == 0) return true;

        int changed = 0;
        foreach (TreeEntry file in different)
        {
            if (await source.LookAgainAsync(file, cancellationToken) is { } now && now.IsSameVersion(file)) continue;
            changed++;
            _suspects.Add(file.Path);
            await target.RestartAsync(file, cancellationToken);
        }

        if (changed == different.Count && _rounds++ < MostChanges) return false;
        string names = string.Join(", ", different.Take(3).Select(file => file.Name)) + (different.Count > 3 ? $" and {different.Count - 3} more" : "");
        throw new CopyException(changed == different.Count
            ? $"the source keeps changing while it is copied: {names}"
            : $"what arrived is not what was sent, nothing was placed: {names}");
    }

    async Task<List<TreeEntry>> CompareHashesAsync(IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        Task<IReadOnlyDictionary<TreeEntry, byte[]>> there = HashesAsync(source, files, cancellationToken), here = HashesAsync(target, files, cancellationToken);
        await Task.WhenAll(there, here);
        List<TreeEntry> different = [];
        foreach (TreeEntry file in files)
        {
            if (!(await here).TryGetValue(file, out byte[]? arrived)) different.Add(file);
            else if (!(await there).TryGetValue(file, out byte[]? sent) || !sent.AsSpan().SequenceEqual(arrived))
            {
                // A log that has only grown was copied right as far as it was listed.
                PrefixHash beginning = source.IsLocal ? default : await source.HashPrefixAsync(file, file.Size, cancellationToken);
                if (beginning.Value is null || !beginning.Value.AsSpan().SequenceEqual(arrived)) different.Add(file);
            }
        }

        return different;
    }

    /// <summary>What passed through here was hashed on the way; the rest is read.</summary>
    async Task<IReadOnlyDictionary<TreeEntry, byte[]>> HashesAsync(ICopySide side, IReadOnlyList<TreeEntry> files, CancellationToken cancellationToken)
    {
        if (!side.IsLocal) return await side.HashAsync(files, cancellationToken);
        Dictionary<TreeEntry, byte[]> hashes = new(await side.HashAsync([.. files.Where(file => !_hashes.ContainsKey(file.Path))], cancellationToken));
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
