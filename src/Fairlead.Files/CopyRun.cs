using System.Globalization;
using System.Security.Cryptography;
using Fairlead.Client;
using Fairlead.Files.Local;
using Fairlead.Files.Pods;
using Fairlead.Files.Trees;
using Fairlead.Upgrades;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Files;

/// <summary>
/// One copy, from any side to any other: list, copy what is missing, verify, place. Each step can be begun again, so a lost connection is
/// made anew and everything goes on from what the target has.
/// </summary>
sealed partial class CopyRun(ICopySource source, ICopyTarget target, CopyOptions options, ILogger logger) : IDisposable
{
    const int MostChanges = 3;
    static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100), s_longestPause = TimeSpan.FromSeconds(5);

    readonly Dictionary<string, byte[]> _hashes = new(StringComparer.Ordinal);
    readonly Dictionary<string, IncrementalHash> _seeds = new(StringComparer.Ordinal);
    readonly HashSet<string> _suspects = new(StringComparer.Ordinal);
    CopyTree? _tree;
    FollowingHash? _following;
    bool _connected, _verified;
    long _bytes, _bestKept = -1;
    int _files, _failures, _reconnections, _changes;

    /// <summary>Copies. The caller disposes both sides.</summary>
    internal async Task<CopyResult> RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await source.OpenAsync(cancellationToken);
                await target.OpenAsync(cancellationToken);
                _connected = true;
                return await AttemptAsync(cancellationToken);
            }
            catch (SourceChangedException e) when (_changes++ < MostChanges)
            {
                _suspects.Add(e.File.Path);
                await CloseAsync();
            }
            catch (Exception e) when (PodSide.IsLoss(e) && _connected && !cancellationToken.IsCancellationRequested)
            {
                await CloseAsync();
                Log.CopyLost(logger, e, _failures + 1, options.Retries);
                if (options.Retries >= 0 && _failures >= options.Retries)
                    throw new CopyException($"{e.Message.TrimEnd('.')}; {Size(_bytes)} are kept: the same command goes on from there", e);
                _reconnections++;
                Say($"the connection was lost ({e.Message.TrimEnd('.')}): connecting again");
                await Task.Delay(Pause(_failures++), cancellationToken);
            }
            catch (Exception e) when (e is (IOException and not CopyException) or UnauthorizedAccessException or ArgumentOutOfRangeException && !PodSide.IsLoss(e) && (source.IsLocal || target.IsLocal))
            {
                await AbandonAsync();
                string here = source.IsLocal ? $"{source.Description} cannot be read" : $"{target.Description} cannot be written"; // a pod's files have words of their own
                throw new CopyException($"{here}: {e.Message.Split(" (Parameter ")[0]}", e); // .NET takes a file that is too large for a wrong argument
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                await AbandonAsync();
                throw;
            }
        }
    }

    static TimeSpan Pause(int failures)
    {
        TimeSpan pause = s_firstPause * Math.Pow(2, Math.Min(failures, 10));
        return pause < s_longestPause ? pause : s_longestPause;
    }

    async ValueTask CloseAsync()
    {
        await source.CloseAsync();
        await target.CloseAsync();
    }

    async ValueTask AbandonAsync()
    {
        if (!_connected) return;
        try
        {
            await target.AbandonAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException or UpgradeException or RemoteCommandException)
        {
            Say($"what had been copied could not be removed: {e.Message}"); // the first failure is the one to throw
        }
    }

    async Task<CopyResult> AttemptAsync(CancellationToken cancellationToken)
    {
        if (_tree is null)
        {
            Report(CopyPhase.Listing, "");
            _tree = await source.ListAsync(cancellationToken);
            Log.CopyStep(logger, "listed", _tree.Files.Count, _tree.Bytes);
        }

        while (!_verified)
        {
            Kept kept = await target.PrepareAsync(_tree, source.Leaf, source.Description, cancellationToken);
            if (kept.IsOfAnotherVersion) Say("the source has changed since the last attempt: starting again");
            List<FilePart> parts = await PlanAsync(kept, cancellationToken);
            await CopyAsync(parts, cancellationToken);
            Report(CopyPhase.Verifying, "");
            Log.CopyStep(logger, "verifying", _tree.Files.Count, _bytes);
            _verified = await VerifyAsync(cancellationToken);
        }

        Report(CopyPhase.Placing, "");
        Log.CopyStep(logger, "placing", _tree.Files.Count, _tree.Bytes);
        await target.PlaceAsync(_tree, cancellationToken);
        bool hashed = source.HashTool is not null && target.HashTool is not null;
        int files = _tree.Files.Count;
        string method = $"{(source.IsLocal ? target.Method : source is PodSide pod ? pod.Method : "")}, verified by {(hashed ? "SHA-256" : "size only: the container has no tool for SHA-256")}";
        return new CopyResult(
            files, _tree.Folders.Count, _tree.Links.Count, _tree.Bytes, hashed ? files : 0, hashed ? 0 : files, method, _reconnections, _tree.Refused);
    }

    /// <summary>What is still to be copied, each from where the target's part ends, if that is a part of this version of the file.</summary>
    async ValueTask<List<FilePart>> PlanAsync(Kept kept, CancellationToken cancellationToken)
    {
        bool first = _bestKept < 0;
        (_bytes, _files) = (0, 0);
        List<FilePart> parts = [];
        foreach (TreeEntry listed in _tree!.Files.ToList())
        {
            TreeEntry file = listed;
            long have = kept.Sizes.GetValueOrDefault(file.Path, -1);
            if (_suspects.Remove(file.Path) || (have > 0 && have < file.Size))
            {
                TreeEntry now = await source.LookAgainAsync(file, cancellationToken) ?? throw new CopyException($"{file.Name} is gone since it was listed");
                if (!now.IsSameVersion(file))
                {
                    Say($"{file.Name} has changed: starting it again");
                    _tree.Replace(file, now);
                    _hashes.Remove(file.Path);
                    file = now;
                    have = await RestartAsync(file, cancellationToken);
                }
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
        if (_bytes > _bestKept) (_bestKept, _failures) = (_bytes, 0);
        return parts;
    }

    async ValueTask<long> RestartAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        await target.RestartAsync(file, cancellationToken);
        return -1;
    }

    async ValueTask<bool> IsGoodPrefixAsync(TreeEntry file, long length, bool isFromBefore, CancellationToken cancellationToken)
    {
        if (!source.CanResume || !target.CanResume) return false;
        Task<PrefixHash> there = source.HashPrefixAsync(file, length, cancellationToken).AsTask(), here = target.HashPrefixAsync(file, length, cancellationToken).AsTask();
        PrefixHash[] both = await Task.WhenAll(there, here);
        IncrementalHash? state = both[0].State ?? both[1].State;

        // Without a tool there, what this very copy wrote is gone on with; the size is checked at the end.
        bool comparable = source.HashTool is not null && target.HashTool is not null;
        bool good = comparable ? both[0].Value.AsSpan().SequenceEqual(both[1].Value) : !isFromBefore;
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

    async Task CopyAsync(List<FilePart> parts, CancellationToken cancellationToken)
    {
        ICopySide? local = source.IsLocal ? source : target.IsLocal ? target : null;
        TreeEntry? current = null;
        await foreach (Piece piece in source.ReadAsync(parts, cancellationToken))
        {
            await target.WriteAsync(piece, cancellationToken);
            _bytes += piece.Bytes.Length;
            if (local is not null)
            {
                bool begins = piece.File != current;
                current = piece.File;
                await HashAsync(local, piece, begins);
            }

            if (piece.IsLast) _files++;

            Report(CopyPhase.Copying, piece.File.Path);
        }

        await target.FlushAsync(cancellationToken);
    }

    /// <summary>Small files are hashed as they pass, larger ones from the file, beside the transfer.</summary>
    async ValueTask HashAsync(ICopySide local, Piece piece, bool begins)
    {
        if (begins && piece is { Offset: 0, IsLast: true })
        {
            _hashes[piece.File.Path] = SHA256.HashData(piece.Bytes.Span);
            return;
        }

        if (begins)
        {
            _following?.Dispose();
            bool isKnown = _seeds.Remove(piece.File.Path, out IncrementalHash? state);
            _following = local.Follow(piece.File, state ?? IncrementalHash.CreateHash(HashAlgorithmName.SHA256), isKnown ? piece.Offset : 0);
        }

        _following!.Advance(piece.Offset + piece.Bytes.Length);
        if (!piece.IsLast) return;
        _hashes[piece.File.Path] = await _following.CompleteAsync();
        _following.Dispose();
        _following = null;
    }

    void Report(CopyPhase phase, string path) =>
        options.Progress?.Report(new CopyProgress(phase, path, _bytes, _tree?.Bytes ?? 0, _files, _tree?.Files.Count ?? 0));

    void Say(PeerText line)
    {
        Log.CopyNotice(logger, line);
        options.Notice?.Invoke(line.ToString());
    }

    static string Size(long bytes) => bytes < 1 << 20 ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes") : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");

    public void Dispose()
    {
        _following?.Dispose();
        foreach (IncrementalHash seed in _seeds.Values) seed.Dispose();
    }
}
