using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Installing;

/// <summary>
/// What is installed beside a kubelet as long as this process lives, or until another takes over: it is the machine's, under its systemd,
/// so that it goes on through every restart of this process.
/// </summary>
/// <param name="invocation">Where it tells what it does.</param>
/// <param name="root">The machine.</param>
/// <param name="kind">What is installed.</param>
/// <param name="name">The holder's name, which no other has.</param>
[SupportedOSPlatform("linux")]
sealed class InstallationStay(Invocation invocation, HostRoot root, InstallationKind kind, string name)
{
    readonly InstallationChanges _changes = new(root, kind, invocation.Output);
    PlacedProgram? _program;
    string? _toldLast;
    bool _hasToken;

    /// <summary>What is wanted, by a look at the machine each time; null where it is to be away.</summary>
    public required Func<InstallationPlan>? Plan { get; init; }

    /// <summary>Where the command is put, as the machine sees it.</summary>
    public required string Program { get; init; }

    /// <summary>Where it is taken from.</summary>
    public required string Source { get; init; }

    /// <summary>A credential that is copied to the machine, and where to; null where none is.</summary>
    public required (string From, string To)? Token { get; init; }

    /// <summary>The time between two looks at the machine.</summary>
    public required TimeSpan Every { get; init; }

    /// <summary>Says whether a holder has done what it is there for.</summary>
    public static async Task<int> CheckAsync(HostRoot root, InstallationKind kind, string name, bool isRemoval, TextWriter output)
    {
        bool isHolder = InstallationHolder.Read(root, kind)?.Name == name;
        bool isDone = isHolder && new NodeInstallation(root, kind).IsComplete == !isRemoval;
        await output.WriteLineAsync(isDone ? "done" : isHolder ? "not yet" : $"another holds the {kind.Name}, or nobody");
        return isDone ? ExitCodes.Success : ExitCodes.Failure;
    }

    /// <summary>Does it, and comes back when the process is asked to end and the machine is as it should be.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // Who ends a container asks again when the kubelet was restarted meanwhile, which is what this does.
        using StopSignals stop = new(endsAtSecond: false);
        await BeginAsync(cancellationToken);
        await invocation.Output.WriteLineAsync(Plan is null ? $"ready: no {kind.Name} is here" : $"ready: the {kind.Name} is here");
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
        using InstallationLock held = await InstallationLock.TakeAsync(root);
        if (InstallationHolder.Read(root, kind) is { } former && former.Name != name) await TellAsync($"takes over from {former.Name}");
        if (Plan is not null)
        {
            await BeginAsync(isFirst: !_changes.Installation.IsThere, cancellationToken);
            return;
        }

        await TakeOutAsync(cancellationToken);
        new InstallationHolder { Name = name }.Write(root, kind);
    }

    /// <summary>A first installation that fails is taken back: nobody may be here to do it when the kubelet starts the next time.</summary>
    async Task BeginAsync(bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            await PutInAsync(cancellationToken);
        }
        catch (IOException) when (isFirst && _changes.Installation.IsThere)
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
            using InstallationLock held = await InstallationLock.TakeAsync(root);
            if (Plan is not null && (InstallationHolder.Read(root, kind)?.Name ?? name) == name) await PutInAsync(cancellationToken);
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
        using InstallationLock held = await InstallationLock.TakeAsync(root);
        InstallationHolder? holder = InstallationHolder.Read(root, kind);
        if (holder?.Name != name) await TellAsync($"the {kind.Name} is left to {holder?.Name ?? "nobody"}");
        else await TakeOutAsync(cancellationToken);
    }

    async Task PutInAsync(CancellationToken cancellationToken)
    {
        // First, and whatever becomes of the rest: a credential ends when nobody renews it.
        if (_hasToken) await CopyTokenAsync(cancellationToken);
        InstallationPlan plan = Plan!();
        string[] files = Token is { To: var token } ? [Program, token] : [Program];
        InstallationHolder? former = InstallationHolder.Read(root, kind);
        InstallationHolder holder = new() { Name = name, Files = files, Program = former?.Program };
        string program = await (_program ??= new PlacedProgram(root, Program)).PlaceAsync(Source, TryOutAsync);
        _hasToken = Token is not null;
        if (_hasToken) await CopyTokenAsync(cancellationToken);
        if (former is null) holder.Write(root, kind); // whoever ends meanwhile leaves word of what was brought
        if (plan.Calls.Count > 0) await _changes.InstallAsync(plan, cancellationToken);
        // One that runs is told of a new program, unless it has just been started anew.
        bool isTold = holder.Program == program;
        if (!isTold && !plan.IsFirst && !plan.RestartsService) await _changes.Systemd.RunAsync([[.. kind.NewProgram]], cancellationToken);
        // Another's place is taken only by who has succeeded.
        if (!isTold || former?.Name != name) (holder with { Program = program }).Write(root, kind);
        foreach (string unused in (former?.Files ?? []).Except(files)) root.Delete(unused);
    }

    async Task CopyTokenAsync(CancellationToken cancellationToken)
    {
        (string from, string to) = Token!.Value;
        byte[] content = await File.ReadAllBytesAsync(from, cancellationToken);
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
        IReadOnlyList<InstallationStep<FileRestoration>> steps = _changes.PlanUndo();
        if (steps.Count > 0) await _changes.UninstallAsync(steps, cancellationToken);
        else if (_changes.Installation.IsThere)
            throw new IOException(
                $"the {kind.Name}'s units are here and the record of what was there before is not: put it in again by '{kind.Verb} " +
                "install --yes', which makes a new one, and then take it out");
        InstallationHolder.Read(root, kind)?.Leave(root, kind);
    }

    async Task TellAsync(string text)
    {
        await invocation.Output.WriteLineAsync(text);
        await invocation.Output.FlushAsync();
    }
}
