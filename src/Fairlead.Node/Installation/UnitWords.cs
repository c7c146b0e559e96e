using System.Buffers;

namespace Fairlead.Node.Installation;

/// <summary>The command line of a unit.</summary>
static class UnitWords
{
    static readonly SearchValues<char> s_special = SearchValues.Create(" \t\"'\\;");

    /// <summary>Writes it.</summary>
    /// <exception cref="InvalidDataException">A word has a line's end or the like, which could begin another setting.</exception>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    /// <summary>
    /// A word as systemd.syntax(7) and systemd.service(5) read it: quotes, backslashes, specifiers and variables mean themselves.
    /// </summary>
    /// <exception cref="InvalidDataException">It has a line's end or the like, which could begin another setting.</exception>
    static string Quote(string word)
    {
        if (word.Any(char.IsControl)) throw new InvalidDataException("a word of the unit's command line has a control character");
        string meant = word.Replace("%", "%%", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal);
        return meant.Length > 0 && !meant.AsSpan().ContainsAny(s_special)
            ? meant
            : $"\"{meant.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }
}
