using System.Text;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>Writes what a plan says, and takes it back.</summary>
/// <remarks>
/// The record is written before the first file and removed after the last: whatever is cut off in between can be installed or
/// taken out again. Each file is replaced whole, with the owner and the mode that it had.
/// </remarks>
public static class FrontInstallation
{
    /// <summary>Makes the plan's changes to files. systemd is not asked for anything.</summary>
    /// <param name="root">The machine.</param>
    /// <param name="plan">The plan, made for this machine a moment ago.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write one.</exception>
    /// <exception cref="InvalidDataException">The record of a former installation cannot be read.</exception>
    public static void Apply(HostRoot root, InstallationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(plan);
        InstallationRecord? known = InstallationRecord.Read(root);
        if (plan.Files.Count == 0 && known is not null) return;

        // What was there before the first of several installations is what counts. Where the record was lost, what stands there is ours all
        // the same: without one nothing would ever be taken out again.
        bool isLost = known is null && !plan.IsFirst;
        Dictionary<string, InstalledFile> installed = [];
        foreach (InstalledFile file in known?.Files ?? []) installed[file.Path] = file;
        foreach (FileChange change in isLost ? plan.All : plan.Files)
        {
            byte[]? before = installed.TryGetValue(change.Path, out InstalledFile? former) && IsOurs(former, change.Before) ? former.Before
                : !isLost ? change.Before
                : change.Path == plan.KubeletFile ? AddressLine.Without(change.Before!)
                : null;
            installed[change.Path] = new InstalledFile { Path = change.Path, Before = before, After = change.After };
        }

        InstallationRecord record = new() { Files = [.. installed.Values], Pending = plan.Calls, Kubelet = plan.Kubelet };
        root.Write(InstallationRecord.Path, record.ToBytes(), ownerOnly: true);
        foreach (FileChange change in plan.Files) root.Write(change.Path, change.After);
    }

    /// <summary>Says what taking the front out would do. Changes nothing.</summary>
    /// <param name="root">The machine.</param>
    /// <returns>A line for each file; none where nothing is installed.</returns>
    /// <exception cref="InvalidDataException">The record cannot be read.</exception>
    public static IReadOnlyList<FileRestoration> PlanUndo(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        InstallationRecord? record = InstallationRecord.Read(root);
        return record is null ? [] : [.. record.Files.Reverse().Select(file => Restoration(root, file))];
    }

    /// <summary>
    /// What is asked of systemd before the files are put back: nobody may hold the node's addresses when the kubelet returns. Of a unit
    /// that is gone already nothing is asked: systemd would take that for a fault.
    /// </summary>
    /// <param name="root">The machine.</param>
    public static IReadOnlyList<string[]> CallsBeforeUndo(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return [.. new[] { Units.Service, Units.Socket }.Where(unit => root.HasFile($"{Units.Folder}/{unit}"))
            .Select(static unit => new[] { "disable", "--now", unit })];
    }

    /// <summary>What is asked of systemd afterwards.</summary>
    public static IReadOnlyList<string[]> CallsAfterUndo { get; } = [["daemon-reload"], ["restart", "kubelet.service"]];

    /// <summary>Puts files back. The record stays until <see cref="Forget"/>, so that it can be done again.</summary>
    /// <param name="root">The machine.</param>
    /// <param name="files">What <see cref="PlanUndo"/> said.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write one.</exception>
    public static void Restore(HostRoot root, IEnumerable<FileRestoration> files)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(files);
        foreach (FileRestoration file in files)
        {
            if (file.Content is { } content) root.Write(file.Path, content);
            else root.Delete(file.Path);
        }
    }

    /// <summary>Forgets the installation, after its last file and systemd's last call.</summary>
    /// <param name="root">The machine.</param>
    public static void Forget(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        root.Delete(InstallationRecord.Path);
    }

    /// <summary>What the kubelet was started with when the front was put in, for when it does not run.</summary>
    /// <param name="root">The machine.</param>
    /// <returns>Null where nothing is installed.</returns>
    /// <exception cref="InvalidDataException">The record cannot be read.</exception>
    public static KubeletFlags? RecordedFlags(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return InstallationRecord.Read(root) is { } record ? new KubeletFlags(record.Kubelet) : null;
    }

    /// <summary>Where the kubelet that the front was put in for listens, as its files say now.</summary>
    /// <param name="root">The machine.</param>
    /// <exception cref="InvalidDataException">The record or a file of the kubelet's cannot be read.</exception>
    public static string KubeletAddress(HostRoot root)
    {
        KubeletFlags flags = RecordedFlags(root) ?? KubeletFlags.None;
        return KubeletSettings.Read(root, flags.Get("config") ?? KubeletSettings.UsualFile, flags.Get("config-dir"), flags).Address;
    }

    /// <summary>A front's units are here, whoever put them there.</summary>
    /// <param name="root">The machine.</param>
    public static bool IsThere(HostRoot root) => CallsBeforeUndo(root).Count > 0;

    /// <summary>A front is installed, and systemd has done all that was asked of it for that.</summary>
    /// <param name="root">The machine.</param>
    /// <exception cref="InvalidDataException">The record cannot be read.</exception>
    public static bool IsComplete(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return InstallationRecord.Read(root) is { Pending.Count: 0 };
    }

    /// <summary>Says that systemd has done what the plan asks of it: until then it is asked again.</summary>
    /// <param name="root">The machine.</param>
    public static void Complete(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        if (InstallationRecord.Read(root) is { } record)
            root.Write(InstallationRecord.Path, (record with { Pending = [] }).ToBytes(), ownerOnly: true);
    }

    static FileRestoration Restoration(HostRoot root, InstalledFile file)
    {
        byte[]? now = root.ReadBytes(file.Path);
        if (file.Before is null)
            return new(file.Path, null, now is null ? "is gone already" : IsOurs(file, now) ? "is removed"
                : "was changed since, and is removed");
        if (now is not null && !IsOurs(file, now) && !now.AsSpan().SequenceEqual(file.Before))
        {
            string restored = AddressLine.Restore(Encoding.UTF8.GetString(now), Encoding.UTF8.GetString(file.Before));
            return new(file.Path, Encoding.UTF8.GetBytes(restored), "was changed since: only its address is put back");
        }

        return new(file.Path, file.Before, "is as it was before, byte for byte");
    }

    static bool IsOurs(InstalledFile file, byte[]? now) => now is not null && now.AsSpan().SequenceEqual(file.After);
}
