namespace Fairlead.Lab.Manifests;

/// <summary>One container of a pod manifest, as far as a local process can be one.</summary>
sealed record ContainerManifest
{
    internal required string Name { get; init; }

    internal required string Image { get; init; }

    /// <summary>The main process's program and arguments: the manifest's command, then its args.</summary>
    internal required IReadOnlyList<string> Command { get; init; }

    internal IReadOnlyList<KeyValuePair<string, string>> Variables { get; init; } = [];

    internal string? WorkingDirectory { get; init; }

    /// <summary>The TCP ports that it says it listens on; others can be reached all the same.</summary>
    internal IReadOnlyList<int> Ports { get; init; } = [];

    /// <summary>The main process has an input that attached clients write to.</summary>
    internal bool Stdin { get; init; }

    /// <summary>The first attached client's end of input is the main process's.</summary>
    internal bool StdinOnce { get; init; }

    internal bool Tty { get; init; }
}
