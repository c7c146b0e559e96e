using System.CommandLine;

namespace Fairlead.Cli.Usage;

/// <summary>
/// kubectl takes connection options in front of the verb too (<c>kubectl -n web exec …</c>). Here they belong to the verbs that
/// connect, so that the others need not show them: options in front are moved behind the verb.
/// </summary>
static class LeadingOptions
{
    /// <summary>Flags of the verbs that kubectl takes there as well: <c>kubectl -it exec ...</c>.</summary>
    public static IEnumerable<Option> Flags =>
        [new Option<bool>("--verbose", "-v"), new Option<bool>("--stdin", "-i"), new Option<bool>("--tty", "-t")];

    public static IReadOnlyList<string> MoveBehindVerb(IReadOnlyList<string> arguments, IEnumerable<Option> movable)
    {
        Option[] options = [.. movable];
        int at = 0;
        while (at < arguments.Count && Find(options, arguments[at]) is { } option)
        {
            bool valueFollows = option.ValueType != typeof(bool) && !HasValue(arguments[at], option);
            at += valueFollows ? 2 : 1;
        }

        if (at == 0 || at >= arguments.Count || arguments[at].StartsWith('-')) return arguments;
        return [arguments[at], .. arguments.Take(at), .. arguments.Skip(at + 1)];
    }

    static Option? Find(Option[] options, string argument)
    {
        if (!argument.StartsWith('-')) return null;
        string name = argument.Split('=')[0];
        return Array.Find(options, option => option.Name == name || option.Aliases.Contains(name))
            ?? Array.Find(
                options, option => option.Aliases.Any(alias => alias.Length == 2 && argument.StartsWith(alias, StringComparison.Ordinal)));
    }

    static bool HasValue(string argument, Option option) =>
        argument.Contains('=', StringComparison.Ordinal) || (argument != option.Name && !option.Aliases.Contains(argument));
}
