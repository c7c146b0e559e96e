namespace Fairlead.Wire;

/// <summary>
/// Words that are said to a server and to nobody else: a command and its arguments, which hold passwords often enough. A server's answer may
/// quote them; what is logged of it has them blanked.
/// </summary>
public sealed class WithheldWords
{
    /// <summary>Stands where a word was.</summary>
    public const string Blanked = "[withheld]";

    /// <summary>Shorter words are in every text, and no secrets.</summary>
    const int Shortest = 4;

    readonly string[] _words;

    /// <summary>Takes the words; each whole, and what is between its spaces and equals signs.</summary>
    public WithheldWords(IEnumerable<string> words) => _words =
    [
        .. words.SelectMany(static word => word.Split([' ', '\t', '\n', '=', '"', '\''], StringSplitOptions.RemoveEmptyEntries).Append(word))
            .Where(static word => word.Length >= Shortest).Distinct(StringComparer.Ordinal).OrderByDescending(static word => word.Length),
    ];

    /// <summary>Nothing is withheld.</summary>
    public static WithheldWords None { get; } = new([]);

    /// <summary>The text without them.</summary>
    public string Blank(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (string word in _words) text = text.Replace(word, Blanked, StringComparison.Ordinal);
        return text;
    }
}
