using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Verbs;

namespace Fairlead.Cli.Copies;

/// <summary>The options of cp beside those of the connection.</summary>
sealed class CopyVerbOptions
{
    public OptionalText Container { get; } = new("--container", "-c") { HelpName = "NAME", Description = "The container; by default the pod's default or first one" };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print nothing but errors" };

    public Option<string?> Output { get; } = new("--output", "-o") { HelpName = "FORMAT", Description = "json: print what was done to standard output" };

    public Option<bool> NoPreserve { get; } = new("--no-preserve") { Description = "Do not keep permissions and times" };

    public Option<bool> Owner { get; } = new("--owner") { Description = "Keep the numbers of owner and group; takes root on the receiving side" };

    public Option<bool> SpecialModes { get; } = new("--special-modes") { Description = "Keep set-user-id, set-group-id and sticky bits" };

    public Option<int> Retries { get; } = new("--retries")
    {
        HelpName = "N",
        Description = "How often in a row to connect again while nothing moves; negative: for ever (default 5)",
        DefaultValueFactory = _ => 5,
    };

    public CarrierOptions Carrier { get; } = new();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Container, Quiet, Output, NoPreserve, Owner, SpecialModes, Retries]) command.Add(option);
        Carrier.AddTo(command);
    }
}
