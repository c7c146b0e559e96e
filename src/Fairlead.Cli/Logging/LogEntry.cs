using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Logging;

/// <summary>
/// One thing that is told, before it is a line. Everything in it may have come from outside: a format makes it fit to show.
/// </summary>
/// <param name="Time">When, in UTC.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Category">Which room tells it.</param>
/// <param name="Event">Its name, for programs; null for none.</param>
/// <param name="Message">What it says, for people.</param>
/// <param name="Fields">What the message was made of, by name.</param>
/// <param name="Failure">What went wrong, outermost first; empty where nothing did.</param>
readonly record struct LogEntry(
    DateTime Time, LogLevel Level, string Category, string? Event, string Message, IReadOnlyList<KeyValuePair<string, object?>> Fields,
    IReadOnlyList<LoggedFailure> Failure);
