using System.CommandLine;
using System.CommandLine.Parsing;

namespace Fairlead.Cli.Usage;

/// <summary>
/// What is wrong with a command line, in words of its own where the library's speak of its types, and with the option's name.
/// </summary>
static class LineFault
{
    /// <summary>The first fault that the library found.</summary>
    public static string Of(ParseResult parsed)
    {
        ParseError error = parsed.Errors[0];
        OptionResult? option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        if (option is null || error.Message.Contains(option.Option.Name, StringComparison.Ordinal) && !IsOfTypes(error))
            return error.Message;
        if (!IsOfTypes(error)) return $"{option.Option.Name}: {error.Message}";
        return $"{option.Option.Name} takes a number, not \"{(option.Tokens is [.., var last] ? last.Value : "")}\"";
    }

    static bool IsOfTypes(ParseError error) => error.Message.StartsWith("Cannot parse argument", StringComparison.Ordinal);
}
