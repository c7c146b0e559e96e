using System.Text;
using Fairlead.Node.Host;
using Fairlead.Node.Installation.CriProxies;

namespace Fairlead.Node.Installation;

/// <summary>What is installed on a machine: writes what a plan says, and takes it back.</summary>
/// <remarks>
/// The record is written before the first file and removed after the last: whatever is cut off in between can be installed or
/// taken out again. Each file is replaced whole, with the owner and the mode that it had. Nothing here asks systemd for anything.
/// </remarks>
/// <param name="root">The machine.</param>
/// <param name="kind">What is installed.</param>
public sealed class NodeInstallation(HostRoot root, InstallationKind kind)
{
    /// <summary>What it is.</summary>
    public InstallationKind Kind => kind;

    /// <summary>Its units are here, whoever put them there.</summary>
    public bool IsThere => kind.Units.Any(unit => root.HasFile(InstallationKind.PathOf(unit)));

    /// <summary>There is a record of it.</summary>
    public bool IsRecorded => root.HasFile(kind.RecordFile);

    /// <summary>It is installed, and systemd has done all that was asked of it for that.</summary>
    /// <exception cref="InvalidDataException">The record cannot be read.</exception>
    public bool IsComplete => Read() is { Pending.Count: 0 };

    /// <summary>The runtime's own socket, where the kubelet asks another one; null where that is not so, or nothing is installed.</summary>
    /// <exception cref="InvalidDataException">The record cannot be read.</exception>
    public string? Runtime => Read()?.Runtime;

    /// <summary>Writes down what is about to be changed, and what was there before.</summary>
    /// <param name="plan">The plan, made for this machine a moment ago.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="InvalidDataException">The record of a former installation cannot be read.</exception>
    public void Begin(InstallationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        InstallationRecord? known = Read();
        if (plan.Files.Count == 0 && known is not null) return;

        // What was there before the first of several installations is what counts. A first record has all of it, also what somebody had set
        // by hand.
        Dictionary<string, InstalledFile> installed = [];
        foreach (InstalledFile file in known?.Files ?? []) installed[file.Path] = file;
        foreach (FileChange change in known is null ? plan.All : plan.Files)
        {
            bool isKnown = installed.TryGetValue(change.Path, out InstalledFile? former) && IsOurs(former, change.Before);
            installed[change.Path] = new InstalledFile
            {
                Path = change.Path,
                Before = isKnown ? former!.Before : change.Former,
                After = change.After,
            };
        }

        Write(new InstallationRecord
        {
            Files = [.. installed.Values],
            Pending = plan.Calls,
            Kubelet = plan.Kubelet,
            Runtime = plan.Runtime,
            IsKubeletChanged = known?.IsKubeletChanged ?? plan.All.Any(file => !kind.HasUnit(file.Path) && file.IsDone),
        });
    }

    /// <summary>Writes files of the plan.</summary>
    /// <param name="files">Those of one step.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write one.</exception>
    public void Write(IEnumerable<FileChange> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (FileChange change in files)
        {
            if (!kind.HasUnit(change.Path) && Read() is { IsKubeletChanged: false } record)
                Write(record with { IsKubeletChanged = true });
            root.Write(change.Path, change.After);
        }
    }

    /// <summary>Says that systemd has done what the plan asks of it: until then it is asked again.</summary>
    public void Complete()
    {
        if (Read() is { } record) Write(record with { Pending = [] });
    }

    /// <summary>Says what taking it out would do. Changes nothing.</summary>
    /// <returns>The steps; none where nothing is installed.</returns>
    /// <exception cref="InvalidDataException">The record cannot be read.</exception>
    public IReadOnlyList<InstallationStep<FileRestoration>> PlanUndo()
    {
        if (Read() is not { } record) return [];
        FileRestoration[] files = [.. record.Files.Reverse().Select(Restoration)],
            units = [.. files.Where(file => kind.HasUnit(file.Path))];
        // Of a unit that is gone already nothing is asked: systemd would take that for a fault.
        string[][] ends = [.. kind.Units.Where(unit => root.HasFile(InstallationKind.PathOf(unit)))
            .Select(static unit => new[] { "disable", "--now", unit })];
        string[] reload = ["daemon-reload"];
        InstallationStep<FileRestoration>[] steps = kind.KubeletNeedsIt
            ?
            [
                new([.. files.Except(units)], record.IsKubeletChanged ? [InstallationKind.RestartKubelet] : []), new([], ends),
                new(units, [reload]),
            ]
            : [new([], ends), new(files, [reload, InstallationKind.RestartKubelet])];
        return [.. steps.Where(static step => step.Files.Count + step.Calls.Count > 0)];
    }

    /// <summary>Writes down that it is being taken out: whoever wants it back has to ask systemd for all of it again.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void BeginUndo()
    {
        if (Read() is { } record) Write(record with { Pending = [.. kind.UnitCalls, InstallationKind.RestartKubelet] });
    }

    /// <summary>Puts files back. The record stays until <see cref="Forget"/>, so that it can be done again.</summary>
    /// <param name="files">Those of one step of <see cref="PlanUndo"/>.</param>
    /// <exception cref="IOException">
    /// A file cannot be written, or the kubelet would still be told to use what is about to end.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write one.</exception>
    public void Restore(IEnumerable<FileRestoration> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (FileRestoration file in files)
        {
            if (file.Content is { } content) root.Write(file.Path, content);
            else root.Delete(file.Path);
        }

        if (kind == InstallationKind.CriProxy && HasConfiguration && ReadKubelet() is var kubelet
            && CriProxyUnit.IsNamedBy(kubelet.RuntimeEndpoint))
            throw new IOException(
                $"{string.Join(", ", kubelet.Files)}: the kubelet would still ask {kubelet.RuntimeEndpoint}, where nobody will be: write " +
                $"its runtime's own endpoint there ({Runtime}), and run this again");
    }

    /// <summary>Forgets the installation, after its last file and systemd's last call.</summary>
    public void Forget() => root.Delete(kind.RecordFile);

    /// <summary>What the kubelet was started with at the installation, for when it does not run.</summary>
    /// <returns>Null where nothing is installed.</returns>
    /// <exception cref="InvalidDataException">The record cannot be read.</exception>
    public KubeletFlags? RecordedFlags() => Read() is { } record ? new KubeletFlags(record.Kubelet) : null;

    /// <summary>What the kubelet beside which it was installed is told by its files now.</summary>
    /// <exception cref="InvalidDataException">The record or a file of the kubelet's cannot be read.</exception>
    public KubeletSettings ReadKubelet()
    {
        KubeletFlags flags = RecordedFlags() ?? KubeletFlags.None;
        return KubeletSettings.Read(root, flags.Get("config") ?? KubeletSettings.UsualFile, flags.Get("config-dir"), flags);
    }

    /// <summary>A machine that has left its cluster has none any more.</summary>
    bool HasConfiguration => root.HasFile(RecordedFlags()?.Get("config") ?? KubeletSettings.UsualFile);

    InstallationRecord? Read() => InstallationRecord.Read(root, kind);

    void Write(InstallationRecord record) => root.Write(kind.RecordFile, record.ToBytes(), ownerOnly: true);

    FileRestoration Restoration(InstalledFile file)
    {
        byte[]? now = root.ReadBytes(file.Path);
        if (file.Before is null)
            return new(file.Path, null, now is null ? "is gone already" : IsOurs(file, now) ? "is removed"
                : "was changed since, and is removed");
        if (now is not null && !IsOurs(file, now) && !now.AsSpan().SequenceEqual(file.Before))
        {
            string restored = kind.Line.Restore(Encoding.UTF8.GetString(now), Encoding.UTF8.GetString(file.Before));
            return new(file.Path, Encoding.UTF8.GetBytes(restored), $"was changed since: only its {kind.Line.Member} is put back");
        }

        return new(file.Path, file.Before, "is as it was before, byte for byte");
    }

    static bool IsOurs(InstalledFile file, byte[]? now) => now is not null && now.AsSpan().SequenceEqual(file.After);
}
