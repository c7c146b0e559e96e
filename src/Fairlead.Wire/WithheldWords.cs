using System.Collections.Frozen;
using System.Text;

namespace Fairlead.Wire;

/// <summary>
/// Words that are said to a peer and to nobody else: a command and its arguments, which hold passwords often enough, and credentials. A
/// peer's text may quote them; what is logged of it has them blanked, in whatever escapes they are quoted, and where the end of a text cut
/// one short.
/// </summary>
/// <remarks>
/// A word of up to three characters is in every text. It is blanked where it is a whole argument or value, and stands alone; one character,
/// or a number of so few digits, never is. Words are prepared when they are first needed, which is seldom.
/// </remarks>
public sealed class WithheldWords
{
    /// <summary>Stands where a word was.</summary>
    public const string Blanked = "[withheld]";

    /// <summary>Shorter words are blanked only where they stand alone, and what is cut shorter is not told from other text.</summary>
    const int Shortest = 4;

    /// <summary>Headers that say how, not who or what; a peer that names them says why it refuses.</summary>
    static readonly FrozenSet<string> s_plain = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "Accept", "Accept-Encoding", "Connection", "Content-Length", "Content-Type", "Host",
        "Sec-WebSocket-Extensions", "Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol", "Sec-WebSocket-Version", "Transfer-Encoding", "Upgrade", "User-Agent", "X-Stream-Protocol-Version");

    static readonly char[] s_spaces = [' ', '\t', '\r', '\n', '"', '\'', ',', ';', '&', '|', '<', '>', '(', ')'];
    static readonly char[] s_values = ['=', ':', '@'];
    static readonly string[] s_cuts = [VisibleText.Cut, "...", "\u2026"];

    readonly Lazy<string[]> _all, _credentials;

    /// <summary>Takes the words; each whole, and what is between its spaces, quotes and equals signs.</summary>
    /// <param name="words">Commands, values of queries: nobody but a log is kept from them.</param>
    /// <param name="credentials">Tokens, passwords, and headers that hold them: nobody at all is told those.</param>
    public WithheldWords(IEnumerable<string> words, IEnumerable<string>? credentials = null)
    {
        string[] secret = [.. credentials ?? []], said = [.. words, .. secret];
        (_all, _credentials) = (new(() => Prepare(said)), new(() => Prepare(secret)));
    }

    /// <summary>What of a request is withheld.</summary>
    /// <param name="words">Its command, or the values of its query.</param>
    /// <param name="headers">
    /// Its headers, those that came and those that are sent. Whom it acts as no log tells; all else that is not the protocol's own is taken
    /// for a credential.
    /// </param>
    public static WithheldWords OfRequest(IEnumerable<string> words, IEnumerable<KeyValuePair<string, string>> headers)
    {
        ILookup<bool, KeyValuePair<string, string>> kinds = headers.Where(static header => !s_plain.Contains(header.Key))
            .ToLookup(static header => header.Key.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase));
        return new WithheldWords(words.Concat(kinds[true].Select(static header => header.Value)),
            kinds[false].SelectMany(static header => CredentialWords.Of(header.Value)));
    }

    /// <summary>Nothing is withheld.</summary>
    public static WithheldWords None { get; } = new([]);

    /// <summary>The text without them, for a log.</summary>
    public string Blank(string? text) => Blank(text ?? "", _all.Value);

    /// <summary>The text without credentials, for whom the rest is said.</summary>
    public string BlankCredentials(string? text) => Blank(text ?? "", _credentials.Value);

    /// <summary>A status of the peer's without credentials.</summary>
    public Status BlankCredentials(Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return _credentials.Value.Length == 0 ? status : status.WithText(text => text is null ? null : BlankCredentials(text));
    }

    static string[] Prepare(string[] words) =>
    [
        .. words.SelectMany(Forms).SelectMany(Parts).Where(static word => word.Any(char.IsLetter) || word.Length >= Shortest)
            .Distinct(StringComparer.Ordinal).OrderByDescending(static word => word.Length),
    ];

    static IEnumerable<string> Parts(string word)
    {
        string[] values = [word, .. word.Split(s_values, StringSplitOptions.RemoveEmptyEntries)];
        IEnumerable<string> pieces = word.Split(s_spaces, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(static piece => (string[])[piece, .. piece.Split(s_values)]);
        return values.Where(static value => value.Length > 1).Concat(pieces.Where(static piece => piece.Length >= Shortest));
    }

    /// <summary>
    /// A word as it is, as it reads where it holds escapes itself, and as those show it who take its UTF-8 for Latin-1 or for ASCII.
    /// </summary>
    static IEnumerable<string> Forms(string word)
    {
        foreach (string read in UnescapedText.Layers(word).Select(static layer => layer.Text))
        {
            yield return read;
            if (Ascii.IsValid(read)) continue;
            string bytes = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(read));
            yield return bytes;
            foreach (char unknown in "?\ufffd")
            {
                yield return Replaced(read, unknown);
                yield return Replaced(bytes, unknown);
            }
        }

        static string Replaced(string text, char unknown) => string.Concat(text.Select(c => char.IsAscii(c) ? c : unknown));
    }

    static string Blank(string text, string[] words)
    {
        if (words.Length == 0 || text.Length == 0) return text;
        bool[] hidden = new bool[text.Length];
        foreach (UnescapedText layer in UnescapedText.Layers(text))
        {
            foreach (string word in words) Hide(word, layer, hidden);
            foreach (int end in Ends(layer.Text)) HideCut(words, layer, end, hidden);
        }

        return Show(text, hidden);
    }

    static void Hide(string word, UnescapedText layer, bool[] hidden)
    {
        string text = layer.Text;
        for (int at = text.IndexOf(word, StringComparison.Ordinal); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            int end = at + word.Length;
            if (word.Length >= Shortest || !(IsInWord(text, at - 1) || IsInWord(text, end)))
                hidden.AsSpan(layer.Origin(at, end)).Fill(true);
        }
    }

    static bool IsInWord(string text, int at) => at >= 0 && at < text.Length && char.IsLetterOrDigit(text[at]);

    /// <summary>Where the text ends, or says that it was cut; and the same without an escape that was cut in its middle.</summary>
    static IEnumerable<int> Ends(string text)
    {
        foreach (int end in s_cuts.Select(cut => text.IndexOf(cut, StringComparison.Ordinal)).Where(static end => end >= 0)
            .Append(text.Length))
        {
            yield return end;
            int from = Math.Max(0, end - 9), escape = text.AsSpan(from, end - from).LastIndexOfAny('%', '\\', '&');
            if (escape >= 0) yield return from + escape;
        }
    }

    /// <summary>The beginning of a word, at the end of a text.</summary>
    static void HideCut(string[] words, UnescapedText layer, int end, bool[] hidden)
    {
        ReadOnlySpan<char> before = layer.Text.AsSpan(0, end);
        foreach (string word in words)
        {
            for (int length = Math.Min(word.Length - 1, end); length >= Shortest; length--)
            {
                if (!before.EndsWith(word.AsSpan(0, length), StringComparison.Ordinal)) continue;
                hidden.AsSpan(layer.Origin(end - length, end)).Fill(true);
                break;
            }
        }
    }

    static string Show(string text, bool[] hidden)
    {
        if (!hidden.AsSpan().Contains(true)) return text;
        StringBuilder shown = new(text.Length);
        for (int at = 0; at < text.Length; at++)
        {
            if (!hidden[at]) shown.Append(text[at]);
            else if (at == 0 || !hidden[at - 1]) shown.Append(Blanked);
        }

        return shown.ToString();
    }
}
