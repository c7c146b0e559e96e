using System.CommandLine;
using System.CommandLine.Parsing;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Options;

namespace Fairlead.Cli.Copies;

/// <summary>The options of cp beside those of the connection.</summary>
sealed class CopyVerbOptions
{
    public OptionalText Container { get; } = new(
        "--container", "-c")
    { HelpName = "NAME", Description = "The container; by default the pod's default or first one" };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print nothing but errors" };

    public Option<string?> Output { get; } = new(
        "--output", "-o")
    { HelpName = "FORMAT", Description = "json: print what was done to standard output" };

    public Option<bool> NoPreserve { get; } = new("--no-preserve") { Description = "Do not keep permissions and times" };

    public Option<bool> Owner { get; } = new(
        "--owner")
    { Description = "Keep the numbers of owner and group; takes root on the receiving side" };

    public Option<bool> SpecialModes { get; } = new("--special-modes") { Description = "Keep set-user-id, set-group-id and sticky bits" };

    public Option<int> Retries { get; } = new("--retries")
    {
        HelpName = "N",
        Description = "How often in a row to connect again while nothing moves; negative: for ever (default 5)",
        DefaultValueFactory = _ => 5,
    };

    public Option<bool> Consistent { get; } = new("--consistent")
    {
        Description = "Copy a file again when it changes meanwhile, even if it only grows; fail where it keeps changing",
    };

    public Option<CopyVerification> Verify { get; } = new("--verify")
    {
        HelpName = "WHAT",
        Description = "What is compared before a file takes its place: sha256, size or none (default sha256)",
        DefaultValueFactory = _ => CopyVerification.Sha256,
        CustomParser = ParseVerification,
    };

    public Option<TimeSpan> AnswerTimeout { get; } = CarrierOptions.Duration(
        "--answer-timeout", TimeSpan.FromSeconds(30),
        "How long what runs in a container may say nothing while it is waited for (default 30s)");

    public CarrierOptions Carrier { get; } = new();

    static CopyVerification ParseVerification(ArgumentResult result)
    {
        switch (result.Last)
        {
            case "sha256": return CopyVerification.Sha256;
            case "size": return CopyVerification.Size;
            case "none": return CopyVerification.None;
            case var other:
                result.AddError($"\"{other}\" is nothing that is verified: sha256, size and none are known");
                return CopyVerification.Sha256;
        }
    }

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Container, Quiet, Output, NoPreserve, Owner, SpecialModes, Retries, Consistent, Verify,
            AnswerTimeout]) command.Add(option);
        Carrier.AddTo(command);
    }
}
