using System.Globalization;
using Fairlead.Files.Pods;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Files.Runs;

/// <summary>
/// One copy, from any side to any other: list, copy what is missing, verify, place. Each step can be begun again, so a lost connection is
/// made anew and everything goes on from what the target has.
/// </summary>
sealed partial class CopyRun(ICopySource source, ICopyTarget target, CopyOptions options, ILogger logger) : IDisposable
{
    const int MostSilences = 2; // in a row: a shell that hangs hangs again
    static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100), s_longestPause = TimeSpan.FromSeconds(5);

    CopyTree? _tree;
    bool _connected, _verified, _startedOver;
    long _bytes, _bestKept = -1;
    int _files, _failures, _silences, _reconnections;

    /// <summary>Both sides can compute SHA-256, and it is asked for.</summary>
    bool ComparesHashes => options.Verify == CopyVerification.Sha256 && source.HashTool is not null && target.HashTool is not null;

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
            catch (Exception e)
                when (PodSide.IsLoss(e) && (_connected || e is SessionLostException) && !cancellationToken.IsCancellationRequested)
            {
                await CloseAsync();
                Log.CopyLost(logger, e, _failures + 1, options.Retries);
                bool hangs = e is ShellSilentException && ++_silences >= MostSilences;
                if (hangs || (options.Retries >= 0 && _failures >= options.Retries))
                    throw new CopyException($"{e.Message.TrimEnd('.')}; {Size(_bytes)} are kept: the same command goes on from there", e);
                _reconnections++;
                Say($"the connection was lost ({e.Message.TrimEnd('.')}): connecting again");
                await Task.Delay(Pause(_failures++), TimeProvider.System, cancellationToken);
            }
            catch (Exception e) when (e is (IOException and not FairleadException) or UnauthorizedAccessException && !PodSide.IsLoss(e)
                && (source.IsLocal || target.IsLocal))
            {
                await AbandonAsync();
                // a pod's files have words of their own
                string here = source.IsLocal ? $"{source.Description} cannot be read" : $"{target.Description} cannot be written";
                throw new CopyException($"{here}: {e.Message}", e);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                await AbandonAsync();
                // what a container says is no reason to throw what its reader throws
                if (e is (IOException and not FairleadException) or TimeoutException or InvalidDataException or FormatException)
                    throw new CopyException(e.Message, e);
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
        catch (Exception e)
            when (e is IOException or TimeoutException)
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
            if (_tree is { Root.Kind: EntryKind.File, Refused: [var only, ..] }) throw NotCopied(_tree.Root, only.Reason);
        }

        do
        {
            await VerifiedAsync(_tree, cancellationToken);
            Report(CopyPhase.Placing, "");
            Log.CopyStep(logger, "placing", _tree.Files.Count, _tree.Bytes);
        }
        while (!await PlaceAsync(_tree, cancellationToken));

        SayGrown();
        int files = _tree.Files.Count, hashed = ComparesHashes ? files : 0, sized = options.Verify == CopyVerification.None
            ? 0
            : files - hashed;
        string method = $"{(source.IsLocal ? target.Method : source is PodSide pod ? pod.Method : "")}, {Verified()}";
        return new CopyResult(files, _tree.Folders.Count, _tree.Links.Count, _tree.Bytes, hashed, sized, method, _reconnections,
            _tree.Refused);
    }

    async Task VerifiedAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        while (!_verified)
        {
            Kept kept = await target.PrepareAsync(tree, source.Leaf, source.Description, cancellationToken);
            if (kept.IsOfAnotherVersion) Say("the source has changed since the last attempt: starting again");
            List<FilePart> parts = await PlanAsync(kept, cancellationToken);
            if (!await CopyAsync(parts, cancellationToken)) continue;
            Report(CopyPhase.Verifying, "");
            Log.CopyStep(logger, "verifying", tree.Files.Count, _bytes);
            _verified = await VerifyAsync(cancellationToken);
        }
    }

    /// <returns>False where what was verified is gone, and all is to be copied again.</returns>
    async ValueTask<bool> PlaceAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        if (await target.PlaceAsync(tree, cancellationToken)) return true;
        if (_startedOver) throw new CopyException($"{target.Description}: what was copied goes away there before it is in its place");
        (_startedOver, _verified) = (true, false);
        Say("what was copied is gone before it was in its place: starting again");
        await target.CloseAsync(); // the shell may be in a folder that is no more
        await target.OpenAsync(cancellationToken);
        return false;
    }

    string Verified() => options.Verify switch
    {
        CopyVerification.None => "not verified",
        CopyVerification.Size => "verified by size only",
        _ => ComparesHashes ? "verified by SHA-256" : "verified by size only: the container has no tool for SHA-256",
    };

    /// <summary>A file is not copied; the others are. Where it is the only one, that is the end.</summary>
    async ValueTask RefuseAsync(TreeEntry file, string reason, CancellationToken cancellationToken)
    {
        if (file.Path.Length == 0) throw NotCopied(file, reason);
        _tree!.Refuse(file, reason);
        await target.RestartAsync(file, cancellationToken);
    }

    static CopyException NotCopied(TreeEntry file, string reason) => new($"{file.Name} was not copied: {reason}");

    void Report(CopyPhase phase, string path) =>
        options.Progress?.Report(new CopyProgress(phase, path, _bytes, _tree?.Bytes ?? 0, _files, _tree?.Files.Count ?? 0));

    void Say(PeerText line)
    {
        Log.CopyNotice(logger, line);
        options.Notice?.Invoke(line.ToString());
    }

    static string Size(long bytes) =>
        bytes < 1 << 20 ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes") : string.Create(
        CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
