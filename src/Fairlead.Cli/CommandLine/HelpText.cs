using System.CommandLine;
using System.CommandLine.Invocation;
using Fairlead.Cli.Logging;

namespace Fairlead.Cli.CommandLine;

/// <summary>Help in kubectl's order: what it does, examples, options, usage. The same text whatever the terminal's width.</summary>
/// <param name="wasAskedFor">True for <c>--help</c>, which is answered whatever else is wrong with the line.</param>
sealed class HelpText(bool wasAskedFor) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => wasAskedFor;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        return ExitCodes.Success;
    }

    public static void Write(Command command, TextWriter output)
    {
        output.WriteLine(command.Description);
        output.WriteLine();
        VerbCommand? verb = command as VerbCommand;
        if (verb is not null)
        {
            output.WriteLine("Examples:");
            foreach (string line in verb.Examples.Split('\n')) output.WriteLine(line.Length > 0 ? "  " + line : "");
            output.WriteLine();
        }

        if (command.Subcommands.Any(subcommand => !subcommand.Hidden))
        {
            output.WriteLine("Commands:");
            Columns(output, command.Subcommands.Where(subcommand => !subcommand.Hidden)
                .Select(subcommand => (subcommand.Name, FirstLine(subcommand.Description))));
            output.WriteLine();
        }

        output.WriteLine("Options:");
        Columns(output, command.Options.Where(option => !option.Hidden).Select(option => (Label(option), option.Description ?? "")));
        output.WriteLine();
        if (verb?.CodesHelp is { } codes)
        {
            output.WriteLine(codes);
            output.WriteLine();
        }

        if (verb?.LogsByEnvironment == true)
        {
            output.WriteLine(LogChoice.Help);
            output.WriteLine();
        }

        output.WriteLine("Usage:");
        output.WriteLine(verb is null ? "  fairlead COMMAND [options]" : $"  fairlead {verb.FullName} {verb.Usage}");
        if (verb is not null) return;
        output.WriteLine();
        output.WriteLine("Use \"fairlead COMMAND --help\" for more about a command.");
    }

    /// <summary>How an option is written: its letter, its name and what stands for its value.</summary>
    internal static string Label(Option option)
    {
        string shortName = option.Aliases.FirstOrDefault(alias => alias.Length == 2) is { } alias ? alias + ", " : "    ";
        return shortName + option.Name + (option.HelpName is { } value ? "=" + value : "");
    }

    static string FirstLine(string? text) => text?.Split('\n')[0] ?? "";

    static void Columns(TextWriter output, IEnumerable<(string Left, string Right)> rows)
    {
        (string Left, string Right)[] all = [.. rows];
        int width = all.Max(row => (int?)row.Left.Length) ?? 0;
        foreach ((string left, string right) in all) output.WriteLine($"  {left.PadRight(width)}   {right}");
    }
}
