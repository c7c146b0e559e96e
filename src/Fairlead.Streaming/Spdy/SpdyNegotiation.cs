using System.Collections.Immutable;
using Fairlead.Wire;

namespace Fairlead.Streaming.Spdy;

/// <summary>What a server answers to an upgrade to SPDY/3.1.</summary>
public sealed record SpdyNegotiation
{
    SpdyNegotiation()
    {
    }

    /// <summary>The name that was picked; null for a refusal.</summary>
    public string? Name { get; private init; }

    /// <summary>
    /// The version of the remote command protocol that it names; null for a refusal, and where another protocol was negotiated.
    /// </summary>
    public RemoteCommandProtocol? Protocol { get; internal init; }

    /// <summary>101, 400 or 403.</summary>
    public int StatusCode { get; private init; }

    /// <summary>A refusal's body, text/plain; empty for a 101.</summary>
    public string Text { get; private init; } = "";

    /// <summary>The lines of <see cref="SpdyHandshake.AcceptedVersionsHeader"/>; only a 403 has some.</summary>
    public ImmutableArray<string> AcceptedVersions { get; private init; } = [];

    internal static SpdyNegotiation Accept(string name) => new() { Name = name, StatusCode = 101 };

    internal static SpdyNegotiation Refuse(int code, string text, IEnumerable<string> accepted) =>
        new() { StatusCode = code, Text = text, AcceptedVersions = [.. accepted] };
}
