using System.CommandLine;
using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Verbs;

/// <summary>The pod or <c>type/name</c> on the command line. Takes everything, so that refusals can say what was meant.</summary>
sealed class TargetArgument
{
    readonly Argument<string[]> _values = new("TARGET") { Arity = ArgumentArity.ZeroOrMore };

    public void AddTo(Command command) => command.Add(_values);

    /// <summary>What was given in place of a target: one word where all is well.</summary>
    /// <exception cref="UsageException">Something there is an option that nobody knows.</exception>
    public IReadOnlyList<string> Read(ParseResult parsed)
    {
        string[] values = parsed.GetValue(_values) ?? [];
        // the library takes an unknown option for a value
        return Array.Find(values, value => value.StartsWith('-')) is { } unknown
            ? throw new UsageException($"unknown flag: {unknown.Split('=')[0]}")
            : values;
    }
}
