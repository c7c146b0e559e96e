using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Fairlead.Server.Answers;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Requests;

/// <summary>
/// The parameters of a query as Go's net/url and the API server read them: names are case-sensitive, <c>+</c> is a space, and of a name
/// that stands there more than once the first value counts where one is wanted.
/// </summary>
/// <remarks>
/// What two readers could read differently is not read at all. Go drops a pair with a bad escape or a <c>;</c> and goes on, others split
/// there or take it as it stands; bytes that are not UTF-8 have no text that stands for them. Who tells what a command was must tell what
/// is run.
/// </remarks>
public sealed class QueryParameters
{
    /// <summary>As many as Go's reader takes.</summary>
    public const int MostPairs = 10_000;

    readonly List<KeyValuePair<string, string>> _pairs;

    QueryParameters(List<KeyValuePair<string, string>> pairs) => _pairs = pairs;

    /// <summary>No parameters.</summary>
    public static QueryParameters Empty { get; } = new([]);

    /// <summary>Reads a query.</summary>
    /// <param name="query">As it was sent, with its question mark as a request has it; null or empty for none.</param>
    /// <param name="parameters">What it says.</param>
    /// <param name="problem">Why it cannot be read; quotes nothing of it.</param>
    /// <returns>False where it cannot be read.</returns>
    public static bool TryParse(string? query, [NotNullWhen(true)] out QueryParameters? parameters,
        [NotNullWhen(false)] out string? problem)
    {
        parameters = null;
        ReadOnlySpan<char> text = query;
        if (text.StartsWith('?')) text = text[1..];
        problem = text.Length > PodsApiKestrel.RequestHeadBytes ? "the query is too long"
            : text.Count('&') >= MostPairs ? $"the query has more than {MostPairs} parameters"
            : null;
        if (problem is not null) return false;

        List<KeyValuePair<string, string>> pairs = [];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(text.Length);
        try
        {
            foreach (Range range in text.Split('&'))
            {
                ReadOnlySpan<char> pair = text[range];
                if (pair.IsEmpty) continue;
                int sign = pair.IndexOf('=');
                string value = "";
                problem = Unescape(sign < 0 ? pair : pair[..sign], buffer, out string name);
                if (problem is null && sign >= 0) problem = Unescape(pair[(sign + 1)..], buffer, out value);
                if (problem is not null) return false;
                pairs.Add(new(name, value));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        parameters = new QueryParameters(pairs);
        return true;
    }

    /// <summary>Reads a request's query.</summary>
    /// <exception cref="ApiRefusal">400: it cannot be read in one way alone.</exception>
    internal static QueryParameters Of(HttpRequest request) =>
        TryParse(request.QueryString.Value, out QueryParameters? query, out string? problem)
            ? query
            : throw new ApiRefusal(Refusals.BadRequest(problem));

    /// <summary>The first value of a name; null where it is absent.</summary>
    public string? First(string name)
    {
        foreach ((string known, string value) in _pairs)
        {
            if (known == name) return value;
        }

        return null;
    }

    /// <summary>All values of a name, in their order.</summary>
    public IReadOnlyList<string> All(string name) => [.. _pairs.Where(pair => pair.Key == name).Select(static pair => pair.Value)];

    /// <summary>
    /// Absent, <c>0</c> and <c>false</c> in any case are false; anything else is true, also an empty value and <c>no</c>.
    /// </summary>
    public bool Boolean(string name) =>
        First(name) is { } value && value != "0" && !value.Equals("false", StringComparison.OrdinalIgnoreCase);

    /// <summary>A whole number; null where it is absent or empty.</summary>
    /// <exception cref="ApiRefusal">400: it is no number.</exception>
    internal long? Number(string name)
    {
        string? value = First(name);
        if (string.IsNullOrEmpty(value)) return null;
        return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new ApiRefusal(Refusals.BadRequest($"the query parameter {name} is no whole number: \"{value}\""));
    }

    /// <returns>Null, or why it cannot be read.</returns>
    static string? Unescape(ReadOnlySpan<char> escaped, Span<byte> buffer, out string text)
    {
        text = "";
        int length = 0;
        for (int at = 0; at < escaped.Length; at++)
        {
            char c = escaped[at];
            if (c is <= ' ' or >= '\x7f' or ';' or '#') return "the query holds a character that has to be escaped";
            if (c != '%')
            {
                buffer[length++] = c == '+' ? (byte)' ' : (byte)c;
                continue;
            }

            if (at + 2 >= escaped.Length || !char.IsAsciiHexDigit(escaped[at + 1]) || !char.IsAsciiHexDigit(escaped[at + 2]))
                return "the query holds a % that begins no escape";
            buffer[length] = byte.Parse(escaped.Slice(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (buffer[length++] == 0) return "the query holds a zero byte";
            at += 2;
        }

        if (!Utf8.IsValid(buffer[..length])) return "the query holds bytes that are not UTF-8";
        text = Encoding.UTF8.GetString(buffer[..length]);
        return null;
    }
}
