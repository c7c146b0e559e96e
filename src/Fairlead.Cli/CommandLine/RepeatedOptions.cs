using System.CommandLine;
using System.CommandLine.Parsing;

namespace Fairlead.Cli.CommandLine;

/// <summary>
/// An option with one value that is given twice: the last counts, as with kubectl. An alias that names a namespace can be overruled so.
/// </summary>
static class RepeatedOptions
{
    /// <summary>Has the library take it, for a command and all that stand behind it.</summary>
    public static void LastCounts(Command command)
    {
        foreach (Option option in command.Options)
            if (option.Arity.MaximumNumberOfValues == 1) option.AllowMultipleArgumentsPerToken = true;
        foreach (Command sub in command.Subcommands) LastCounts(sub);
    }

    extension(ArgumentResult result)
    {
        /// <summary>The value that counts; empty where there is none.</summary>
        public string Last => result.Tokens is [.., var last] ? last.Value : "";
    }
}
