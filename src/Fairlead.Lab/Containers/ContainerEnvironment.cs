namespace Fairlead.Lab.Containers;

/// <summary>The environment and directory that a container's commands start with: little of the host's, then the manifest's.</summary>
sealed class ContainerEnvironment
{
    internal const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    static readonly string[] FromHost = ["PATH", "HOME", "LANG"];

    readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    internal ContainerEnvironment(string podName, IEnumerable<KeyValuePair<string, string>> variables, string? workingDirectory)
    {
        foreach (string name in FromHost)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) _variables[name] = value;
        }

        _variables.TryAdd("PATH", DefaultPath);
        _variables["HOSTNAME"] = podName;
        foreach ((string name, string value) in variables) _variables[name] = value;
        WorkingDirectory = workingDirectory ?? Environment.CurrentDirectory;
    }

    /// <summary>An absolute path.</summary>
    internal string WorkingDirectory { get; }

    /// <summary>The variables for one command.</summary>
    internal IReadOnlyDictionary<string, string> For(bool terminal)
    {
        if (!terminal || _variables.ContainsKey("TERM")) return _variables;
        return new Dictionary<string, string>(_variables, StringComparer.Ordinal) { ["TERM"] = "xterm" };
    }
}
