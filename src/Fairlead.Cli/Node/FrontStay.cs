using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Node;

/// <summary>
/// A front that is before a kubelet as long as this process lives, or until another takes over: the front itself is the machine's, under
/// its systemd, so that it goes on through every restart of this process.
/// </summary>
/// <param name="invocation">Where it tells what it does.</param>
/// <param name="root">The machine.</param>
/// <param name="name">The holder's name, which no other has.</param>
[SupportedOSPlatform("linux")]
sealed class FrontStay(Invocation invocation, HostRoot root, string name)
{
    static readonly string[] s_takeNewProgram = ["reload-or-restart", "fairlead-node.service"];

    readonly FrontChanges _changes = new(root, invocation.Output);
    PlacedProgram? _program;
    string? _toldLast, _token;

    /// <summary>What is wanted, by a look at the machine each time; null where the front is to be away.</summary>
    public required Func<FrontChoice>? Choose { get; init; }

    /// <summary>Where the command is put, as the machine sees it.</summary>
    public required string Program { get; init; }

    /// <summary>Where it is taken from.</summary>
    public required string Source { get; init; }

    /// <summary>The front's token, which is copied to the machine; null where it is there already.</summary>
    public required string? TokenSource { get; init; }

    /// <summary>The time between two looks at the machine.</summary>
    public required TimeSpan Every { get; init; }

    /// <summary>Says whether a holder has done what it is there for.</summary>
    public static async Task<int> CheckAsync(HostRoot root, string name, bool isRemoval, TextWriter output)
    {
        bool isHolder = FrontHolder.Read(root)?.Name == name;
        bool isDone = isHolder && FrontInstallation.IsComplete(root) == !isRemoval;
        await output.WriteLineAsync(isDone ? "done" : isHolder ? "not yet" : "another holds the front, or nobody");
        return isDone ? ExitCodes.Success : ExitCodes.Failure;
    }

    /// <summary>Does it, and comes back when the process is asked to end and the machine is as it should be.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Who ends a container asks again when the kubelet was restarted meanwhile, which is what this does.
        using StopSignals stop = new(endsAtSecond: false);
        await BeginAsync(cancellationToken);
        await invocation.Output.WriteLineAsync(Choose is null ? "ready: no front is here" : "ready: the front is here");
        await invocation.Output.FlushAsync(cancellationToken);
        using PeriodicTimer timer = new(Every, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token)) await LookAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            // it is time to go
        }

        await EndAsync(cancellationToken);
    }

    async Task BeginAsync(CancellationToken cancellationToken)
    {
        using FrontLock held = await FrontLock.TakeAsync(root);
        if (FrontHolder.Read(root) is { } former && former.Name != name) await TellAsync($"takes over from {former.Name}");
        if (Choose is not null)
        {
            await BeginAsync(isFirst: !FrontInstallation.IsThere(root), cancellationToken);
            return;
        }

        await TakeOutAsync(cancellationToken);
        new FrontHolder { Name = name }.Write(root);
    }

    /// <summary>A first installation that fails is taken back: nobody may be here to do it when the kubelet starts the next time.</summary>
    async Task BeginAsync(bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            await PutInAsync(cancellationToken);
        }
        catch (IOException) when (isFirst && FrontInstallation.IsThere(root))
        {
            try
            {
                await TakeOutAsync(cancellationToken);
            }
            catch (IOException e)
            {
                invocation.Error.WriteLine($"error: it could not be taken back either: {e.Message}");
            }

            throw;
        }
    }

    /// <summary>
    /// Mends what somebody changed, such as an upgrade of the kubelet that took its address away, and puts in what nobody keeps.
    /// </summary>
    async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            using FrontLock held = await FrontLock.TakeAsync(root);
            if (Choose is not null && (FrontHolder.Read(root)?.Name ?? name) == name) await PutInAsync(cancellationToken);
            _toldLast = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or UsageException)
        {
            if (_toldLast == e.Message) return; // it is tried again, and need not be told again
            _toldLast = e.Message;
            invocation.Error.WriteLine($"error: {e.Message}");
        }
    }

    /// <summary>Leaves the machine as it was, unless another keeps the front by now.</summary>
    async Task EndAsync(CancellationToken cancellationToken)
    {
        using FrontLock held = await FrontLock.TakeAsync(root);
        FrontHolder? holder = FrontHolder.Read(root);
        if (holder?.Name != name) await TellAsync($"the front is left to {holder?.Name ?? "nobody"}");
        else await TakeOutAsync(cancellationToken);
    }

    async Task PutInAsync(CancellationToken cancellationToken)
    {
        // First, and whatever becomes of the rest: the front's credential ends when nobody renews it.
        if (_token is not null) await CopyTokenAsync(_token, cancellationToken);
        FrontChoice choice = Choose!();
        string? token = TokenSource is null
            ? null
            : choice.Token ?? throw new UsageException("--token-from needs --kubelet-token-file, where the front finds it on the machine");
        InstallationPlan plan = FrontChanges.Plan(choice, Program);
        string[] files = token is null ? [Program] : [Program, token];
        FrontHolder? former = FrontHolder.Read(root);
        FrontHolder holder = new() { Name = name, Files = files, Program = former?.Program };
        string program = await (_program ??= new PlacedProgram(root, Program)).PlaceAsync(Source, TryOutAsync);
        if (token is not null) await CopyTokenAsync(_token = token, cancellationToken);
        if (former is null) holder.Write(root); // whoever ends meanwhile leaves word of what was brought
        if (plan.Calls.Count > 0) await _changes.InstallAsync(plan, cancellationToken);
        // One that runs is told of a new program: it hands its sockets over, and no connection is refused.
        bool isTold = holder.Program == program;
        if (!isTold && !plan.IsFirst) await _changes.Systemd.RunAsync([s_takeNewProgram], cancellationToken);
        // Another's place is taken only by who has succeeded.
        if (!isTold || former?.Name != name) (holder with { Program = program }).Write(root);
        foreach (string unused in (former?.Files ?? []).Except(files)) root.Delete(unused);
    }

    async Task CopyTokenAsync(string to, CancellationToken cancellationToken)
    {
        byte[] content = await File.ReadAllBytesAsync(TokenSource!, cancellationToken);
        if (root.ReadBytes(to) is not { } there || !there.AsSpan().SequenceEqual(content)) root.Write(to, content, ownerOnly: true);
    }

    async Task TryOutAsync(string program)
    {
        int code = await MachinePrograms.RunAsync(root, [program, "version"], CancellationToken.None);
        if (code != 0)
            throw new IOException(
                $"this machine does not run the command (exit code {code}): it needs the image's processor, a C library that is not " +
                "older than the image's, and OpenSSL 3; nothing was changed");
    }

    async Task TakeOutAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<FileRestoration> files = _changes.PlanUndo();
        if (files.Count > 0) await _changes.UninstallAsync(files, cancellationToken);
        else if (FrontInstallation.IsThere(root))
            throw new IOException(
                "the front's units are here and the record of what was there before is not: put it in again by 'fairlead node install " +
                "--yes', which makes a new one, and then take it out");
        FrontHolder.Read(root)?.Leave(root);
    }

    async Task TellAsync(string text)
    {
        await invocation.Output.WriteLineAsync(text);
        await invocation.Output.FlushAsync();
    }
}
