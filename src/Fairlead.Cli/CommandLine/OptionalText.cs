using System.CommandLine;

namespace Fairlead.Cli.CommandLine;

/// <summary>
/// An option whose empty value counts as if it were not there, as with kubectl: scripts write <c>-n "$NAMESPACE"</c> whether or not the
/// variable is set.
/// </summary>
sealed class OptionalText(string name, params string[] aliases) : Option<string?>(name, aliases)
{
    /// <summary>What was given; null where nothing was.</summary>
    public string? Read(ParseResult parsed) => parsed.GetValue(this) is { Length: > 0 } text ? text : null;
}
