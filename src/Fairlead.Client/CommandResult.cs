namespace Fairlead;

/// <summary>What a command gave that was run to its end.</summary>
/// <param name="Exit">How it ended.</param>
/// <param name="Output">Its standard output, as UTF-8 text.</param>
/// <param name="Error">Its error output.</param>
public sealed record CommandResult(ExitStatus Exit, string Output, string Error);
