namespace Fairlead.Testing;

/// <summary>Compares what a process holds before and after: descriptors, children, zombies.</summary>
/// <remarks>Take it after a warm-up: the first use of sockets, TLS and processes opens descriptors that stay for good.</remarks>
public sealed class LeakCheck
{
    readonly int? _pid;
    readonly ProcessFootprint _before;

    LeakCheck(int? pid)
    {
        _pid = pid;
        _before = ProcessFootprint.Of(pid);
    }

    /// <summary>Notes what the process holds now.</summary>
    /// <param name="pid">The process; null for this one.</param>
    public static LeakCheck Begin(int? pid = null) => new(pid);

    /// <summary>Waits until the process holds no more than at the beginning.</summary>
    /// <param name="spareDescriptors">Descriptors that may stay, for instance pooled connections.</param>
    /// <param name="patience">For how long; null for <see cref="Eventually.Patience"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">It still holds more; says what.</exception>
    public async Task ExpectNothingLeftAsync(int spareDescriptors = 0, TimeSpan? patience = null, CancellationToken cancellationToken = default)
    {
        ProcessFootprint now = _before;
        bool Same()
        {
            now = ProcessFootprint.Of(_pid);
            return now.Descriptors <= _before.Descriptors + spareDescriptors && now.Children <= _before.Children && now.Zombies <= _before.Zombies;
        }

        try
        {
            await Eventually.HoldsAsync(Same, "nothing left", patience, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Something leaked.\nbefore: {_before}\nafter:  {now}\n{string.Join('\n', OpenFiles())}", e);
        }
    }

    IEnumerable<string> OpenFiles() =>
        from file in new DirectoryInfo($"/proc/{_pid ?? Environment.ProcessId}/fd").EnumerateFileSystemInfos()
        select $"{file.Name} -> {file.LinkTarget}";
}
