namespace Fairlead.Testing;

/// <summary>How a <see cref="RunningProcess"/> starts.</summary>
public sealed record RunOptions
{
    /// <summary>Variables to add; a null value takes one out.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Where it starts; null for the repository's root.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Give it an input to write; otherwise its input is at its end from the start.</summary>
    public bool Stdin { get; init; }

    /// <summary>Leave its standard output as a stream for the test, which then has to read it.</summary>
    public bool RawStdout { get; init; }

    /// <summary>Characters that are kept of each captured output; the rest is read and dropped.</summary>
    public int CaptureLimit { get; init; } = 4 << 20;
}
