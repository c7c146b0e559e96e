using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Upgrades.Requests;

/// <summary>
/// Headers that a request gives several times. HTTP's client writes the values of one name on one line ("a, b"); servers that read lines
/// take that for one value: two groups of an impersonation become one that nobody has. So each value goes under a name of its own, and
/// <see cref="HeadStream"/>, which sees the bytes, cuts that back to the true name.
/// </summary>
/// <remarks>The mark is a secret of this process: no header that comes from elsewhere can be one that is cut.</remarks>
static class HeaderLines
{
    static readonly string s_mark = $"~{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}~";

    /// <summary>What the client itself reads to frame the request, and products, which are one value in several parts.</summary>
    static readonly FrozenSet<string> s_joined =
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "Connection", "Expect", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
            "User-Agent");

    /// <summary>What is cut off a name begins with this.</summary>
    internal static ReadOnlyMemory<byte> Mark { get; } = Encoding.ASCII.GetBytes(s_mark);

    /// <summary>True where a header is given several times.</summary>
    /// <exception cref="HttpRequestException">
    /// A value has a line end in it, or a NUL. HTTP's client would leave such a header out, and the request would act as somebody else.
    /// </exception>
    internal static bool AreNeededFor(HttpRequestMessage request) =>
        HasSeveral(request.Headers) | (request.Content is { } content && HasSeveral(content.Headers));

    /// <summary>Gives each value of such a header a marked name of its own.</summary>
    internal static void MarkIn(HttpRequestMessage request)
    {
        MarkIn(request.Headers);
        if (request.Content is { } content) MarkIn(content.Headers);
    }

    static void MarkIn(HttpHeaders headers)
    {
        List<(string Name, string[] Values)> several = [];
        foreach ((string name, HeaderStringValues values) in headers.NonValidated)
        {
            if (values.Count > 1 && !s_joined.Contains(name)) several.Add((name, [.. values]));
        }

        foreach ((string name, string[] values) in several)
        {
            headers.Remove(name);
            for (int i = 0; i < values.Length; i++) headers.TryAddWithoutValidation(name + s_mark + i, values[i]);
        }
    }

    static bool HasSeveral(HttpHeaders headers)
    {
        bool several = false;
        foreach ((string name, HeaderStringValues values) in headers.NonValidated)
        {
            foreach (string value in values)
            {
                if (value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
                    throw new HttpRequestException($"a value of the header {name} has a line end or a NUL in it");
            }

            several |= values.Count > 1 && !s_joined.Contains(name);
        }

        return several;
    }
}
