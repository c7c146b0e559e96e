namespace Fairlead.Node.Installation;

/// <summary>What an installation changes on a machine: files, and what is asked of systemd, step by step.</summary>
public sealed record InstallationPlan
{
    /// <summary>What is installed.</summary>
    public required InstallationKind Kind { get; init; }

    /// <summary>The steps, in their order; none where all of it has been done.</summary>
    public required IReadOnlyList<InstallationStep<FileChange>> Steps { get; init; }

    /// <summary>What the kubelet is started with, and the configuration that is meant, for the record.</summary>
    public required IReadOnlyList<string> Kubelet { get; init; }

    /// <summary>The runtime's own socket, where that is not what the kubelet asks from now on; for the record.</summary>
    public string? Runtime { get; init; }

    /// <summary>None was here: its service starts now, and need not be told of anything.</summary>
    public required bool IsFirst { get; init; }

    /// <summary>The files of all steps, in the order in which they are written.</summary>
    public IReadOnlyList<FileChange> Files => [.. Steps.SelectMany(static step => step.Files)];

    /// <summary>The calls of systemctl of all steps, each with its arguments.</summary>
    public IReadOnlyList<string[]> Calls => [.. Steps.SelectMany(static step => step.Calls)];

    /// <summary>Its service is started anew by it.</summary>
    public bool RestartsService => Calls.Any(call => call is ["restart", var unit] && unit == Kind.Service);

    /// <summary>Also those that stand there as they should.</summary>
    internal IReadOnlyList<FileChange> All { get; init; } = [];

    /// <summary>Puts the changes into their order.</summary>
    /// <param name="kind">What is installed.</param>
    /// <param name="options">Beside which kubelet.</param>
    /// <param name="units">Its units.</param>
    /// <param name="line">The kubelet's configuration.</param>
    internal static InstallationPlan Make(
        InstallationKind kind, InstallationOptions options, IReadOnlyList<FileChange> units, FileChange line)
    {
        InstallationRecord? record = InstallationRecord.Read(options.Root, kind);
        FileChange service = units.Single(unit => unit.Path == InstallationKind.PathOf(kind.Service));
        bool isFirst = service.Before is null;
        // What stands there without a record is ours all the same: otherwise nothing would ever be taken out again.
        FileChange[] all = [.. units.Select(unit => unit with { Former = record is null && isFirst ? unit.Before : null }), line];
        return new InstallationPlan
        {
            Kind = kind,
            Steps = StepsFor(kind, record, [.. all.Where(static file => !file.IsDone)], service, line),
            Kubelet = Named(options),
            IsFirst = isFirst,
            All = all,
        };
    }

    /// <summary>
    /// What the changes ask for, and what is left of a former time. A kubelet whose file stays is left alone; a service that runs takes
    /// another command line only when it is started anew.
    /// </summary>
    static InstallationStep<FileChange>[] StepsFor(
        InstallationKind kind, InstallationRecord? record, FileChange[] changed, FileChange service, FileChange line)
    {
        if (changed.Length == 0 && record is { Pending.Count: 0 }) return [];
        HashSet<string> pending = [.. (record?.Pending ?? []).Select(Words)];
        bool isOtherService = service is { IsDone: false, Before: not null };
        string[][] ofUnits = [.. kind.UnitCalls.Where(call =>
            call is not ["restart", _] || isOtherService || pending.Contains(Words(call)))];
        string[][] ofKubelet = record is null || !line.IsDone || pending.Contains(Words(InstallationKind.RestartKubelet))
            ? [InstallationKind.RestartKubelet] : [];
        FileChange[] units = [.. changed.Where(file => kind.HasUnit(file.Path))];
        return kind.KubeletNeedsIt
            ? ofKubelet.Length == 0 ? [new(units, ofUnits)] : [new(units, ofUnits), new([.. changed.Except(units)], ofKubelet)]
            : [new(changed, [ofUnits[0], .. ofKubelet, .. ofUnits[1..]])];

        static string Words(string[] call) => string.Join(' ', call);
    }

    /// <summary>The last value of a flag counts.</summary>
    static IReadOnlyList<string> Named(InstallationOptions options)
    {
        string[] named = options.ConfigFolder is { } folder
            ? ["--config=" + options.Config, "--config-dir=" + folder]
            : ["--config=" + options.Config];
        return [.. options.Flags.Arguments.Where(argument => !named.Contains(argument)), .. named];
    }
}
