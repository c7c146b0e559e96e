using System.Text.Json;
using Fairlead.Wire;

namespace Fairlead.Streaming.Spdy;

/// <summary>
/// The upgrade to SPDY/3.1 as data: header names, the choice of a version, and the words of refusals. No HTTP of its own.
/// </summary>
public static class SpdyHandshake
{
    /// <summary>The value of the <c>Upgrade</c> header.</summary>
    public const string Upgrade = "SPDY/3.1";

    /// <summary>In a request the versions offered, one a line, the best first; in a 101 the one that is spoken.</summary>
    public const string VersionHeader = "X-Stream-Protocol-Version";

    /// <summary>In a 403 the versions that the server has, one a line.</summary>
    public const string AcceptedVersionsHeader = "X-Accepted-Stream-Protocol-Versions";

    /// <summary>
    /// True where the headers ask for this upgrade, compared as Go servers do: without regard to case, anywhere in the value.
    /// </summary>
    public static bool IsRequested(IEnumerable<string?> connection, IEnumerable<string?> upgrade) =>
        connection.Any(value => value?.Contains("upgrade", StringComparison.OrdinalIgnoreCase) == true)
        && upgrade.Any(value => value?.Contains(Upgrade, StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>The answer to a request that lacks the upgrade's headers.</summary>
    public static SpdyNegotiation MissingUpgrade(string? connection, string? upgrade) => SpdyNegotiation.Refuse(
        400, $"unable to upgrade: missing upgrade headers in request: Connection={connection}, Upgrade={upgrade}", []);

    /// <summary>Picks the first version of the client's that the server has.</summary>
    /// <param name="offered">The values of <see cref="VersionHeader"/>; several lines and commas in a line mean the same.</param>
    /// <param name="accepted">What the server speaks, the best first.</param>
    public static SpdyNegotiation Negotiate(IEnumerable<string?> offered, IReadOnlyList<RemoteCommandProtocol> accepted)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        SpdyNegotiation negotiation = Negotiate(offered, [.. accepted.Select(protocol => protocol.Name)]);
        return negotiation with { Protocol = accepted.FirstOrDefault(protocol => protocol.Name == negotiation.Name) };
    }

    /// <summary>The same by names, for other protocols.</summary>
    /// <param name="offered">The values of <see cref="VersionHeader"/>.</param>
    /// <param name="accepted">What the server speaks, the best first.</param>
    public static SpdyNegotiation Negotiate(IEnumerable<string?> offered, IReadOnlyList<string> accepted)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        IReadOnlyList<string> names = SubprotocolNegotiation.Split(offered);
        if (names.Count == 0) return SpdyNegotiation.Refuse(400, $"unable to upgrade: header {VersionHeader} does not exist", []);

        foreach (string name in names)
        {
            if (accepted.Contains(name)) return SpdyNegotiation.Accept(name);
        }

        return SpdyNegotiation.Refuse(
            403,
            $"unable to upgrade: unable to negotiate protocol: client supports [{string.Join(' ', names)}], server accepts " +
            $"[{string.Join(' ', accepted)}]",
            accepted);
    }

    /// <summary>What a server's 101 says is spoken: <see cref="RemoteCommandProtocol.SpdyV1"/> where it says nothing.</summary>
    /// <param name="answered">The value of <see cref="VersionHeader"/>; null or empty where there is none.</param>
    /// <param name="offered">What was offered.</param>
    /// <returns>Null where that version was not offered.</returns>
    public static RemoteCommandProtocol? ReadAnswer(string? answered, IReadOnlyCollection<RemoteCommandProtocol> offered)
    {
        string name = string.IsNullOrEmpty(answered) ? RemoteCommandProtocol.SpdyV1.Name : answered;
        return offered.FirstOrDefault(protocol => protocol.Name == name);
    }

    /// <summary>What a refusal's body says, for people: the message of a Status, else its <c>error</c>, else its text.</summary>
    /// <param name="body">The body, as much of it as the caller was willing to read.</param>
    public static string DescribeRefusal(ReadOnlySpan<byte> body)
    {
        string text = System.Text.Encoding.UTF8.GetString(body).Trim();
        try
        {
            Utf8JsonReader reader = new(body);
            if (JsonDocument.TryParseValue(ref reader, out JsonDocument? json))
            {
                using (json)
                {
                    if (json.RootElement.ValueKind is JsonValueKind.Object) text = Text(json, "message") ?? Text(json, "error") ?? text;
                }
            }
        }
        catch (JsonException)
        {
            // plain text, as most of these answers are
        }

        return "unable to upgrade connection: " + (text.Length == 0 ? "empty server response" : text);
    }

    static string? Text(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.String
            && value.GetString() is { Length: > 0 } text ? text : null;
}
