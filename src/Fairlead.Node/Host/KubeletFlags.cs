namespace Fairlead.Node.Host;

/// <summary>What a kubelet was started with: its flags, of which some say more than its configuration, or overrule it.</summary>
/// <remarks>Kubernetes, <c>cmd/kubelet/app/options</c>. The last value of a flag counts.</remarks>
public sealed class KubeletFlags
{
    readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>No flag at all: the defaults hold.</summary>
    public static KubeletFlags None { get; } = new([]);

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">What stands behind the program's name.</param>
    public KubeletFlags(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        Arguments = arguments;
        for (int i = 0; i < arguments.Count; i++)
        {
            string flag = arguments[i];
            if (!flag.StartsWith('-') || flag.TrimStart('-') is not { Length: > 0 } text) continue;
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0) _values[text[..equals]] = text[(equals + 1)..];
            else if (i + 1 < arguments.Count && !arguments[i + 1].StartsWith('-')) _values[text] = arguments[++i];
            else _values[text] = "true";
        }
    }

    /// <summary>The command line behind the program's name.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>A flag's value.</summary>
    /// <param name="name">The flag, without dashes.</param>
    /// <returns>Null where it was not given, or given empty.</returns>
    public string? Get(string name) => _values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>The flags of the kubelet that runs on a machine: root's, and in no container.</summary>
    /// <param name="root">The machine's root, with its <c>/proc</c>.</param>
    /// <returns>Null where none runs, or its command line is not ours to read.</returns>
    /// <exception cref="InvalidDataException">Several run, and are not started alike.</exception>
    public static KubeletFlags? OfRunning(HostRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        string processes = root.PathOf("/proc");
        if (!Directory.Exists(processes)) return null;
        // One that starts a program is seen twice for a moment.
        string[][] found = [.. Directory.EnumerateDirectories(processes)
            .Where(static folder => !Path.GetFileName(folder.AsSpan()).ContainsAnyExceptInRange('0', '9'))
            .Select(folder => new KubeletProcess(folder, Path.Join(processes, "1")).Arguments).OfType<string[]>()
            .DistinctBy(static arguments => string.Join('\0', arguments))];
        return found switch
        {
            [] => null,
            [var arguments] => new KubeletFlags(arguments),
            _ => throw new InvalidDataException($"{found.Length} kubelets run here, each started in another way"),
        };
    }
}
