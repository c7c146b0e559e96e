using System.CommandLine;
using Fairlead.Cli.Logging;
using Fairlead.Cli.Telemetry;

namespace Fairlead.Cli.CommandLine;

/// <summary>A verb of the command line, with what its help shows beside the options.</summary>
sealed class VerbCommand : Command
{
    public VerbCommand(string name, string description) : base(name, description)
    {
    }

    /// <summary>
    /// The verb that this one stands behind, as <c>node</c> in <c>fairlead node check</c>; null for one of the first order.
    /// </summary>
    public string? Of { get; init; }

    /// <summary>The verb as it is written, with the one that it stands behind.</summary>
    public string FullName => Of is null ? Name : $"{Of} {Name}";

    /// <summary>What stands behind the verb in the usage line.</summary>
    public required string Usage { get; init; }

    /// <summary>Examples, as lines.</summary>
    public required string Examples { get; init; }

    /// <summary>
    /// What is said of a second word that is no option, and what of the line with it in its place; null where such words have a meaning.
    /// </summary>
    public (string Refusal, string Hint)? SecondWord { get; init; }

    /// <summary>What its exit codes mean, where that is more than 0 and 1.</summary>
    public string? CodesHelp { get; init; }

    /// <summary>The options that say what it logs; null where it has none.</summary>
    public LogOptions? Log { get; init; }

    /// <summary>What it tells a collector of OpenTelemetry, where the environment names one; null for nothing.</summary>
    public ToldService? Tells { get; init; }

    /// <summary>The environment says what it logs, where no option does: a client's verb.</summary>
    public bool LogsByEnvironment { get; init; }
}
