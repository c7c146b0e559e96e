namespace Fairlead;

/// <summary>What an exec or attach asks for, and how its connection is kept.</summary>
public sealed record ExecOptions : RemoteCommandOptions
{
    /// <summary>Send input. Without it the command's standard input is empty.</summary>
    public bool Stdin { get; init; }

    /// <summary>Receive standard output. On by default.</summary>
    public bool Stdout { get; init; } = true;

    /// <summary>Receive standard error. On by default; a terminal has none of its own.</summary>
    public bool Stderr { get; init; } = true;

    /// <summary>Run on a terminal.</summary>
    public bool Tty { get; init; }
}
