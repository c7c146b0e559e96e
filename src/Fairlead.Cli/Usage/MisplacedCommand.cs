using System.CommandLine;

namespace Fairlead.Cli.Usage;

/// <summary>
/// A remote command that stands where <c>fairlead</c>'s own arguments do, because <c>--</c> is missing in front of it or comes too late:
/// its flags are then taken for ours, and whatever is said of them misleads.
/// </summary>
static class MisplacedCommand
{
    /// <summary>The command line as it was meant: with <c>--</c> before the second word that is no option.</summary>
    /// <param name="arguments">The verb and what stands before the first <c>--</c>.</param>
    /// <param name="rest">What stands behind it; null where there is none.</param>
    /// <param name="verb">The verb, whose options may have values.</param>
    /// <returns>Null where there is no such word, or an option before it that nobody knows or an empty first word, which is then what is
    /// wrong; nor where the line does not begin with the verb.</returns>
    public static string? Correct(IReadOnlyList<string> arguments, IReadOnlyList<string>? rest, Command verb)
    {
        if (arguments[0].StartsWith('-')) return null; // what stands in front of the verb is what is wrong
        int words = 0;
        for (int at = 1; at < arguments.Count; at++)
        {
            if (arguments[at] is ['-', _, ..])
            {
                if (TakesNext(arguments[at], verb) is not { } takesNext) return null;
                if (takesNext) at++;
            }
            else if (words == 0 && arguments[at].Length == 0)
            {
                return null; // the pod's name is what is wrong
            }
            else if (++words == 2)
            {
                // Directly behind the program its place was mistaken; further on it is the program's own, as in sh -c '...' -- ARG.
                string[] own = rest is not null && at + 1 < arguments.Count ? ["--"] : [];
                return $"fairlead exec {Quoted(arguments.Take(at).Skip(1))} -- {Quoted([.. arguments.Skip(at), .. own, .. rest ?? []])}";
            }
        }

        return null;
    }

    /// <summary>
    /// Whether the next argument is the option's value. A bundle of short ones, as in <c>-itc main</c>, ends with the first that has a
    /// value.
    /// </summary>
    /// <returns>Null for an option that nobody knows.</returns>
    static bool? TakesNext(string argument, Command verb)
    {
        if (argument.StartsWith("--", StringComparison.Ordinal))
        {
            string name = argument.Split('=')[0];
            return Find(name, verb) is { } known ? known.ValueType != typeof(bool) && name == argument : null;
        }

        for (int i = 1; i < argument.Length; i++)
        {
            if (Find($"-{argument[i]}", verb) is not { } known) return null;
            if (known.ValueType != typeof(bool)) return i + 1 == argument.Length;
        }

        return false;
    }

    static Option? Find(string name, Command verb) =>
        verb.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    /// <summary>As a shell reads it; a word that cannot be shown on a line stands for itself and the rest.</summary>
    static string Quoted(IEnumerable<string> words)
    {
        string[] all = [.. words], shown = [.. all.TakeWhile(static word => !word.Any(char.IsControl)).Select(Quoted)];
        return string.Join(' ', shown.Length < all.Length ? [.. shown, "..."] : shown);
    }

    static string Quoted(string word) =>
        word.Length > 0 && word.All(static c => char.IsAsciiLetterOrDigit(c) || "-_=+./:,@%".Contains(c, StringComparison.Ordinal))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
