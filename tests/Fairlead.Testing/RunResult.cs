namespace Fairlead.Testing;

/// <summary>How a command ended and what it said.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Stdout">Its output.</param>
/// <param name="Stderr">Its error output.</param>
public sealed record RunResult(int ExitCode, string Stdout, string Stderr)
{
    /// <summary>All of it, for an assertion's message.</summary>
    public override string ToString() => $"exit code {ExitCode}\nstdout: {Stdout}\nstderr: {Stderr}";
}
