using System.CommandLine;

namespace Fairlead.Cli.Usage;

/// <summary>
/// A first word that is no command, told before the rest of the line is looked at, in which the library would find a command for itself.
/// </summary>
static class UnknownCommand
{
    /// <param name="arguments">The line.</param>
    /// <param name="root">The commands.</param>
    /// <returns>Null where the line begins with a command, or with no word at all.</returns>
    public static string? Refusal(IReadOnlyList<string> arguments, Command root)
    {
        // "[suggest:3]" is how shells ask for completions
        if (arguments is not [var word, ..] || word.StartsWith('-') || word.StartsWith('[')) return null;
        Command[] known = [.. root.Subcommands.Where(static command => !command.Hidden)];
        if (root.Subcommands.Any(command => command.Name == word)) return null;
        string[] near = [.. known.Select(static command => command.Name).Where(name => IsNear(word, name))
            .OrderBy(name => Distance(word, name))];
        return $"unknown command \"{word}\" for \"fairlead\"" + (near.Length > 0 ? $"; did you mean {string.Join(" or ", near)}?" : "");
    }

    static bool IsNear(string word, string name) =>
        (word.Length >= 2 && (name.Contains(word, StringComparison.Ordinal) || word.StartsWith(name, StringComparison.Ordinal)))
        || (word.Length <= 2 * name.Length && Distance(word, name) <= 1 + (name.Length / 5));

    /// <summary>How many letters are wrong, missing, too many, or have changed places.</summary>
    static int Distance(string a, string b)
    {
        int[,] least = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                least[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(least[i - 1, j], least[i, j - 1]) + 1, least[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    least[i, j] = Math.Min(least[i, j], least[i - 2, j - 2] + 1);
            }
        }

        return least[a.Length, b.Length];
    }
}
