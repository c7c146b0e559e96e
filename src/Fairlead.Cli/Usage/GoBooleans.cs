using System.CommandLine;

namespace Fairlead.Cli.Usage;

/// <summary>The ways in which Go's programs, kubectl among them, write true and false behind a flag (<c>strconv.ParseBool</c>).</summary>
static class GoBooleans
{
    /// <summary>The same command line with the two words that the library knows.</summary>
    public static IReadOnlyList<string> Read(IReadOnlyList<string> arguments, Command verb) =>
        [.. arguments.Select(argument => Read(argument, verb))];

    static string Read(string argument, Command verb)
    {
        int at = argument.StartsWith('-') ? argument.IndexOf('=', StringComparison.Ordinal) : -1;
        string? value = at < 0 ? null : argument[(at + 1)..] switch
        {
            "1" or "t" or "T" or "TRUE" or "True" => "true",
            "0" or "f" or "F" or "FALSE" or "False" => "false",
            _ => null,
        };
        return value is not null && verb.Options.Any(known =>
            known.ValueType == typeof(bool) && (known.Name == argument[..at] || known.Aliases.Contains(argument[..at])))
            ? argument[..(at + 1)] + value
            : argument;
    }
}
