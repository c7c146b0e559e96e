using Fairlead.Wire;

namespace Fairlead.Cli.Logging;

/// <summary>An exception as a log tells it.</summary>
/// <param name="Kind">Its type's name.</param>
/// <param name="Message">What it says.</param>
/// <param name="Stack">Where it was thrown; null where that is not told.</param>
readonly record struct LoggedFailure(string Kind, string Message, string? Stack)
{
    /// <summary>More causes than these behind one failure tell nothing new.</summary>
    const int Most = 8;

    /// <summary>The exception and its causes, outermost first.</summary>
    public static IReadOnlyList<LoggedFailure> Of(Exception? exception, bool withStacks)
    {
        if (exception is null) return [];
        List<LoggedFailure> failures = [];
        for (Exception? at = exception; at is not null && failures.Count < Most; at = at.InnerException)
            failures.Add(
                new LoggedFailure(at is WithheldException withheld ? withheld.Kind : at.GetType().Name, at.Message, withStacks
                ? at.StackTrace
                : null));
        return failures;
    }
}
