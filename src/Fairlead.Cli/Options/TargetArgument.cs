using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Usage;

namespace Fairlead.Cli.Options;

/// <summary>The pod or <c>type/name</c> on the command line. Takes everything, so that refusals can say what was meant.</summary>
sealed class TargetArgument
{
    readonly Argument<string[]> _values = new("TARGET") { Arity = ArgumentArity.ZeroOrMore };

    public void AddTo(Command command) => command.Add(_values);

    /// <summary>What was given in place of a target: one word where all is well.</summary>
    /// <exception cref="UsageException">Something there is an option that nobody knows.</exception>
    public IReadOnlyList<string> Read(ParseResult parsed, Invocation invocation)
    {
        string[] values = parsed.GetValue(_values) ?? [];
        foreach (string value in values)
        {
            // The library takes an unknown option for a value, and so the rest of a bundle in which a letter is unknown.
            if (value is ['-', _, ..]) throw new UsageException($"unknown flag: {value.Split('=')[0]}");
            if (!invocation.Arguments.Contains(value))
            {
                string? flag = invocation.Arguments
                    .FirstOrDefault(given => given.StartsWith('-') && given.EndsWith(value, StringComparison.Ordinal));
                throw new UsageException($"unknown flag: {flag ?? value}");
            }
        }

        return values;
    }

    /// <summary>The one that names a pod, in front of everything else.</summary>
    /// <param name="words">What <see cref="Read"/> gave.</param>
    /// <exception cref="UsageException">It is not there, or empty.</exception>
    public static string First(IReadOnlyList<string> words) => words switch
    {
        [] => throw new UsageException("pod or type/name must be specified"),
        ["", ..] => throw new UsageException("pod or type/name must be specified: what was given for it is empty"),
        _ => words[0],
    };
}
