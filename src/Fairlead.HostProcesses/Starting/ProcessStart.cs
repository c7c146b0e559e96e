using Fairlead.Wire;

namespace Fairlead.HostProcesses.Starting;

/// <summary>What to start, and what it is connected to. What is not asked for is /dev/null.</summary>
public sealed record ProcessStart
{
    /// <summary>The program and its arguments; never empty.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The whole environment.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>An absolute path.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The name that everything it starts carries in its environment: unique to this start.</summary>
    public string Marker { get; init; } = "";

    /// <summary>A terminal for all three; the three below then do not matter.</summary>
    public bool Terminal { get; init; }

    /// <summary>The terminal's size before the first byte.</summary>
    public TerminalSize? Size { get; init; }

    /// <summary>A pipe to write its input to.</summary>
    public bool Stdin { get; init; }

    /// <summary>A pipe to read its output from.</summary>
    public bool Stdout { get; init; }

    /// <summary>A pipe to read its error output from.</summary>
    public bool Stderr { get; init; }
}
