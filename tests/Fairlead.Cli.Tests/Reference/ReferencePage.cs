using System.CommandLine;
using System.Text;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Logging;

namespace Fairlead.Cli.Tests.Reference;

/// <summary>What the help of one command says, taken apart, and put together again as a page to read and as a man page.</summary>
sealed class ReferencePage
{
    readonly Command _command;
    readonly VerbCommand? _verb;

    internal ReferencePage(Command command)
    {
        _command = command;
        _verb = command as VerbCommand;
    }

    /// <summary>As files are called: <c>fairlead-node-check</c>.</summary>
    internal string Name => _verb is null ? "fairlead" : "fairlead-" + _verb.FullName.Replace(' ', '-');

    string Line => _verb is null ? "fairlead" : $"fairlead {_verb.FullName}";

    string Usage => _verb is null ? "fairlead COMMAND [options]" : $"{Line} {_verb.Usage}";

    IEnumerable<Command> Shown => _command.Subcommands.Where(static command => !command.Hidden);

    IEnumerable<(string Label, string Text)> Options => _command.Options.Where(static option => !option.Hidden)
        .Select(static option => (HelpText.Label(option).Trim(), option.Description ?? ""));

    IEnumerable<string> Notes => new[] { _verb?.CodesHelp, _verb?.LogsByEnvironment == true ? LogChoice.Help : null }.OfType<string>();

    /// <summary>All commands that have a help of their own, the root first.</summary>
    internal static IEnumerable<ReferencePage> All()
    {
        Invocation nobody = new(TextWriter.Null, new MessageWriter(TextWriter.Null), [], null);
        return Below(FairleadCommand.Create(nobody)).Select(static command => new ReferencePage(command));
        static IEnumerable<Command> Below(Command command) =>
            command.Subcommands.Where(static below => !below.Hidden).SelectMany(Below).Prepend(command);
    }

    internal string Markdown()
    {
        StringBuilder page = new();
        page.Append($"# {Line}\n\n<!-- Made from the command's help by eng/reference. -->\n\n{Escaped(_command.Description ?? "")}\n\n");
        page.Append($"    {Usage}\n");
        if (Shown.Any())
        {
            page.Append("\n## Commands\n\n| command | what it does |\n| --- | --- |\n");
            foreach (Command command in Shown)
            {
                ReferencePage below = new(command);
                page.Append($"| [{below.Line}]({below.Name}.md) | {Cell(FirstLine(command.Description))} |\n");
            }
        }

        page.Append("\n## Options\n\n| option | meaning |\n| --- | --- |\n");
        foreach ((string label, string text) in Options) page.Append($"| `{label}` | {Cell(text)} |\n");
        if (_verb is not null) page.Append($"\n## Examples\n\n```sh\n{_verb.Examples}\n```\n");
        foreach (string note in Notes) page.Append($"\n```\n{note}\n```\n");
        return page.ToString();
    }

    static string FirstLine(string? text) => text?.Split('\n')[0] ?? "";

    static string Escaped(string text) => text.Replace("<", "&lt;", StringComparison.Ordinal);

    static string Cell(string text) => Escaped(text).Replace("|", "\\|", StringComparison.Ordinal).Replace("\n", "<br>", StringComparison.Ordinal);

    internal string Man()
    {
        StringBuilder page = new();
        page.Append(".\\\" Made from the command's help by eng/reference.\n");
        page.Append($".TH {Roff(Name.ToUpperInvariant())} 1 \"\" \"Fairlead\" \"User Commands\"\n");
        page.Append($".SH NAME\n{Roff(Name)} \\- {Roff(FirstLine(_command.Description).TrimEnd('.'))}\n");
        page.Append($".SH SYNOPSIS\n.B {Roff(Line)}\n{Roff(Usage[Line.Length..].Trim())}\n");
        page.Append($".SH DESCRIPTION\n{Roff(_command.Description ?? "")}\n");
        if (Shown.Any())
        {
            page.Append(".SH COMMANDS\n");
            foreach (Command command in Shown)
                page.Append($".TP\n.BR {Roff(new ReferencePage(command).Name)} (1)\n{Roff(FirstLine(command.Description))}\n");
        }

        page.Append(".SH OPTIONS\n");
        foreach ((string label, string text) in Options) page.Append($".TP\n.B {Roff(label)}\n{Roff(text)}\n");
        foreach (string note in Notes)
        {
            string[] lines = note.Split('\n');
            page.Append($".SH {Roff(lines[0].TrimEnd(':').ToUpperInvariant())}\n.nf\n{Roff(string.Join('\n', lines.Skip(1)))}\n.fi\n");
        }

        if (_verb is not null) page.Append($".SH EXAMPLES\n.nf\n{Roff(_verb.Examples)}\n.fi\n");
        page.Append($".SH SEE ALSO\n{(_verb is null ? ".BR kubectl (1)" : ".BR fairlead (1)")}\n");
        return page.ToString();
    }

    /// <summary>A line that begins with a dot or a quote would be an order, and a hyphen a sign that nobody can copy.</summary>
    static string Roff(string text) => string.Join('\n', text.Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("-", "\\-", StringComparison.Ordinal).Split('\n').Select(static line => line is ['.' or '\'', ..] ? "\\&" + line : line));
}
