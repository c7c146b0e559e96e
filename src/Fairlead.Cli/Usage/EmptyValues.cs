using System.CommandLine;
using System.CommandLine.Parsing;
using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Usage;

/// <summary>Options without a value where one is written: mostly a script's variable that is not set.</summary>
static class EmptyValues
{
    /// <summary>
    /// <c>--name=</c> as two arguments, of which the second is empty: the library would take the argument behind it for the value.
    /// </summary>
    /// <param name="arguments">The verb and what follows.</param>
    /// <param name="verb">The verb, whose options they are.</param>
    public static IReadOnlyList<string> Kept(IReadOnlyList<string> arguments, Command verb) =>
        [.. arguments.SelectMany(argument => NameOf(argument, verb) is { ValueType: var type } && type != typeof(bool)
            ? (string[])[argument[..^1], ""]
            : [argument])];

    /// <summary>What is said of an empty value that cannot be meant.</summary>
    /// <returns>Null where there is none.</returns>
    public static string? Refusal(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        Command verb = parsed.CommandResult.Command;
        if (arguments.FirstOrDefault(argument => NameOf(argument, verb) is not null) is { } flag)
            return $"{flag} has no value: write {flag[..^1]}, or {flag}false";
        OptionResult? empty = parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(static result =>
            !result.Implicit && result.Option is not OptionalText && result.Tokens.Any(static token => token.Value.Length == 0));
        return empty is null ? null : $"the value of {empty.Option.Name} is empty: give it one, or leave the option out";
    }

    static Option? NameOf(string argument, Command verb)
    {
        if (argument is not ['-', _, .., '=']) return null;
        string name = argument[..^1];
        return verb.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));
    }
}
