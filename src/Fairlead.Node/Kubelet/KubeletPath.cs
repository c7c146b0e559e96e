using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Fairlead.Node.Kubelet;

/// <summary>
/// The path of a request, read once: what is judged is what is sent on, spelled anew. What two readers could read differently is not read
/// at all.
/// </summary>
sealed class KubeletPath
{
    /// <summary>More than any path of a kubelet's has.</summary>
    const int MostSegments = 256;

    KubeletPath(ImmutableArray<string> segments, bool endsInSlash, bool isPlain, string query)
    {
        (Segments, IsPlain) = (segments, isPlain);
        string end = endsInSlash && !segments.IsEmpty ? "/" : "";
        Text = "/" + string.Join('/', segments) + end;
        Target = "/" + string.Join('/', segments.Select(Uri.EscapeDataString)) + end + query;
    }

    /// <summary>What stands between the slashes, without escapes; never empty, a dot or two, and without a slash.</summary>
    internal ImmutableArray<string> Segments { get; }

    /// <summary>The first of them, which says what the request is about; empty where there is none.</summary>
    internal string First => Segments.IsEmpty ? "" : Segments[0];

    /// <summary>It was sent as it reads: without an escape, and without a slash at its end.</summary>
    internal bool IsPlain { get; }

    /// <summary>The path as it reads.</summary>
    internal string Text { get; }

    /// <summary>The path spelled anew, and the query as it was sent: a kubelet judges by the path alone.</summary>
    internal string Target { get; }

    /// <summary>Reads a request's target.</summary>
    /// <param name="target">As it was sent.</param>
    /// <param name="path">What it says.</param>
    /// <param name="problem">Why it is not read; quotes nothing of it.</param>
    internal static bool TryParse(string target, [NotNullWhen(true)] out KubeletPath? path, [NotNullWhen(false)] out string? problem)
    {
        path = null;
        problem = Problem(target);
        if (problem is not null) return false;
        int mark = target.IndexOf('?', StringComparison.Ordinal);
        string query = mark < 0 ? "" : target[mark..];
        string[] raw = (mark < 0 ? target : target[..mark])[1..].Split('/', MostSegments + 1);
        bool endsInSlash = raw[^1].Length == 0;
        ImmutableArray<string>.Builder segments = ImmutableArray.CreateBuilder<string>(raw.Length);
        foreach (string escaped in endsInSlash ? raw[..^1] : raw)
        {
            if (Unescape(escaped) is not { } segment)
            {
                problem = "the path has an empty segment, a dot segment, or an escape that can be read in two ways";
                return false;
            }

            segments.Add(segment);
        }

        bool isPlain = !endsInSlash && mark < 0 ? !target.Contains('%') : !endsInSlash && !target.AsSpan(0, mark).Contains('%');
        path = new KubeletPath(segments.DrainToImmutable(), endsInSlash, isPlain, query);
        return true;
    }

    static string? Problem(string target)
    {
        if (!target.StartsWith('/')) return "the request's target is no path";
        if (target.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0 || target.Contains('#'))
            return "the request's target has a character that has to be escaped";
        return target.AsSpan().Count('/') > MostSegments ? "the path has too many segments" : null;
    }

    /// <returns>Null for what is no segment that every reader reads alike.</returns>
    static string? Unescape(string escaped)
    {
        byte[] bytes = new byte[escaped.Length];
        int length = 0;
        for (int at = 0; at < escaped.Length; at++)
        {
            if (escaped[at] == '\\') return null;
            if (escaped[at] != '%')
            {
                bytes[length++] = (byte)escaped[at];
                continue;
            }

            if (at + 2 >= escaped.Length || !byte.TryParse(
                escaped.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)) return null;
            if (value is < 0x20 or 0x7f or (byte)'/' or (byte)'\\') return null;
            bytes[length++] = value;
            at += 2;
        }

        ReadOnlySpan<byte> read = bytes.AsSpan(0, length);
        if (!Utf8.IsValid(read)) return null;
        string segment = Encoding.UTF8.GetString(read);
        return segment is "" or "." or ".." ? null : segment;
    }
}
