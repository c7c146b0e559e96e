namespace Fairlead.Streaming.RemoteCommand;

/// <summary>Which channels one exec or attach asks for, and the command for exec.</summary>
public sealed record RemoteCommandRequest
{
    /// <summary>The command and its arguments, passed on as they are: no shell, no splitting. Empty for attach.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The asking side sends input.</summary>
    public bool Stdin { get; init; }

    /// <summary>The asking side wants standard output.</summary>
    public bool Stdout { get; init; }

    /// <summary>The asking side wants standard error. Without effect with <see cref="Tty"/>: a terminal has one output.</summary>
    public bool Stderr { get; init; }

    /// <summary>The command runs on a terminal.</summary>
    public bool Tty { get; init; }
}
