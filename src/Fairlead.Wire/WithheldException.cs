namespace Fairlead.Wire;

/// <summary>
/// An exception as a log may have it: its kind, its message, fit to show and without words that are withheld, its stack and its causes.
/// What a request or a command held is quoted by exceptions that nobody foresaw; a sink of any make that gets this one in their place
/// cannot write it down.
/// </summary>
public sealed class WithheldException : Exception
{
    readonly Exception _failure;

    WithheldException(Exception failure, WithheldWords words, Exception? cause) : base(
        VisibleText.Line(words.Blank(failure.Message)), cause) => _failure = failure;

    /// <summary>The exception's type.</summary>
    public string Kind => _failure.GetType().Name;

    /// <inheritdoc/>
    public override string? StackTrace => _failure.StackTrace;

    /// <summary>Makes it of a failure and its causes.</summary>
    public static WithheldException Of(Exception failure, WithheldWords words)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(words);
        return new WithheldException(failure, words, failure.InnerException is { } cause ? Of(cause, words) : null);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Kind}: {Message}{(InnerException is { } cause ? $" ---> {cause}" : "")}" +
        $"{(StackTrace is { } stack ? Environment.NewLine + stack : "")}";
}
