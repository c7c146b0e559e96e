using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Spdy;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;

namespace Fairlead.Upgrades.RemoteCommand;

/// <summary>A connection that a server has upgraded, before a session is made of it. Whoever holds it owns the stream.</summary>
/// <param name="Stream">Everything behind the answer's head.</param>
/// <param name="Protocol">The form that the server chose.</param>
public sealed record UpgradedConnection(Stream Stream, RemoteCommandProtocol Protocol)
{
    /// <summary>Why it did not go the first way that was thought of; null where it did.</summary>
    public string? FellBack { get; init; }

    /// <summary>It is one stream of an HTTP/2 connection, beside others; false where it is a connection of its own.</summary>
    public bool IsShared { get; init; }

    /// <summary>What the request said and logs must not, with its credentials, which nobody is to be told.</summary>
    public WithheldWords Withheld { get; init; } = WithheldWords.None;

    /// <summary>Makes the asking side of a remote command of it, which owns the stream from here on, also when this throws.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="cancellationToken">Gives up: the connection is cut.</param>
    /// <exception cref="SessionLostException">SPDY: the server did not accept a stream in time, refused it, or was lost.</exception>
    public async Task<RemoteCommandAdapter> AskAsync(
        RemoteCommandRequest request, CarrierLimits limits, CancellationToken cancellationToken = default)
    {
        limits = limits with { Withheld = Withheld };
        return Protocol.IsSpdy
            ? await SpdyRemoteCommand.AskAsync(Stream, Protocol, request, limits, cancellationToken: cancellationToken)
            : WebSocketRemoteCommand.Ask(Stream, Protocol, request, limits);
    }
}
