using System.Globalization;
using System.Text;

namespace Fairlead.Testing.Containerd;

/// <summary>The first line and the headers of an HTTP/1.1 message, as they came.</summary>
sealed record HttpHead(string Text)
{
    const int Longest = 64 * 1024;

    internal byte[] Bytes => Encoding.Latin1.GetBytes(Text);

    internal string Path => Target.Split('?')[0];

    internal bool IsUpgraded => Text.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal);

    string Target => Text.Split(' ')[1];

    /// <summary>Reads one; null where the peer ended instead.</summary>
    internal static async Task<HttpHead?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        StringBuilder text = new();
        byte[] one = new byte[1]; // nothing behind the head may be taken
        while (text.Length < Longest && await stream.ReadAsync(one, cancellationToken) == 1)
        {
            text.Append((char)one[0]);
            if (one[0] == '\n' && text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) return new HttpHead(text.ToString());
        }

        return null;
    }

    /// <summary>The values of a query parameter.</summary>
    internal IEnumerable<string> Values(string name) =>
        from pair in Target.Split('?').ElementAtOrDefault(1)?.Split('&') ?? []
        let parts = pair.Split('=', 2)
        where parts[0] == name
        select Uri.UnescapeDataString(parts.ElementAtOrDefault(1)?.Replace('+', ' ') ?? "");

    /// <summary>True where a query parameter says so.</summary>
    internal bool IsSet(string name) => Values(name).Any(value => value is "true" or "1");

    /// <summary>The same request for another target.</summary>
    internal HttpHead Redirected(Uri target) => new(string.Join("\r\n", Text.Split("\r\n").Select((line, i) =>
        i == 0 ? $"{line.Split(' ')[0]} {target.PathAndQuery} HTTP/1.1"
        : line.StartsWith("Host:", StringComparison.OrdinalIgnoreCase) ? $"Host: {target.Authority}"
        : line)));

    /// <summary>The same answer, with the word that no other follows.</summary>
    internal HttpHead Closing() => new(Text[..^2] + "Connection: close\r\n\r\n");

    /// <summary>The body that Content-Length tells of.</summary>
    internal async Task<byte[]> ReadBodyAsync(Stream stream, CancellationToken cancellationToken)
    {
        string? length = Text.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        byte[] body = new byte[length is null ? 0 : Math.Min(int.Parse(length.Split(':')[1], CultureInfo.InvariantCulture), Longest)];
        await stream.ReadExactlyAsync(body, cancellationToken);
        return body;
    }
}
