using Fairlead.Wire;

namespace Fairlead.Processes;

/// <summary>What to start, and what it is connected to. What is not asked for is /dev/null.</summary>
sealed record ProcessStart
{
    /// <summary>The program and its arguments; never empty.</summary>
    internal required IReadOnlyList<string> Command { get; init; }

    /// <summary>The whole environment.</summary>
    internal required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>An absolute path.</summary>
    internal required string WorkingDirectory { get; init; }

    /// <summary>The name that everything it starts carries in its environment: unique to this start.</summary>
    internal string Marker { get; init; } = "";

    /// <summary>A terminal for all three; the three below then do not matter.</summary>
    internal bool Terminal { get; init; }

    /// <summary>The terminal's size before the first byte.</summary>
    internal TerminalSize? Size { get; init; }

    /// <summary>A pipe to write its input to.</summary>
    internal bool Stdin { get; init; }

    /// <summary>A pipe to read its output from.</summary>
    internal bool Stdout { get; init; }

    /// <summary>A pipe to read its error output from.</summary>
    internal bool Stderr { get; init; }
}
