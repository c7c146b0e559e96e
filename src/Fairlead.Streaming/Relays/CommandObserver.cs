using System.Buffers;
using System.Text;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// Follows a remote command that passes a splice, to its status. One that is not fit to show is written anew: clients print it as it is.
/// </summary>
public sealed class CommandObserver : ISpliceObserver
{
    readonly RemoteCommandProtocol _protocol;
    readonly RelayTraffic _traffic;
    readonly WithheldWords _withheld;
    readonly ArrayBufferWriter<byte> _status = new();
    Status? _final;
    bool _isInPieces;

    /// <summary>Begins with nothing seen.</summary>
    /// <param name="protocol">What both sides speak: a version whose status is JSON, in bytes.</param>
    /// <param name="traffic">Counts what passes.</param>
    /// <param name="withheld">Words of the request that are blanked where the server quotes them.</param>
    public CommandObserver(RemoteCommandProtocol protocol, RelayTraffic traffic, WithheldWords withheld)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        if (!CanFollow(protocol)) throw new ArgumentException("Without a status in JSON a loss cannot be told from success.", nameof(protocol));
        (_protocol, _traffic, _withheld) = (protocol, traffic, withheld);
    }

    /// <summary>Whether a session of this version may pass undecoded: its end, a status in JSON, is told from a loss by the frames alone.</summary>
    /// <param name="protocol">What both sides speak.</param>
    public static bool CanFollow(RemoteCommandProtocol protocol) => protocol is { HasJsonStatus: true, IsBase64: false, IsSpdy: false };

    /// <inheritdoc/>
    public bool IsOver => Final is not null;

    /// <inheritdoc/>
    public Status? Final => Volatile.Read(ref _final);

    /// <inheritdoc/>
    public string NameOf(byte first) => ChannelMessage.NameOf(first, _protocol);

    /// <inheritdoc/>
    public void SeeInput(byte first, ReadOnlySpan<byte> payload, WebSocketFrameObserver frames)
    {
        if (ChannelMessage.TryDecodeChannel(first, _protocol, out RemoteChannel channel)) _traffic.Add(channel, payload.Length);
    }

    /// <inheritdoc/>
    public void SeeInputClose()
    {
        // before the status it is a loss like any other
    }

    /// <inheritdoc/>
    public void SeeOutput(byte first, ReadOnlySpan<byte> payload)
    {
        if (!ChannelMessage.TryDecodeChannel(first, _protocol, out RemoteChannel channel)) return;
        if (payload.Length > 0) _traffic.Add(channel, payload.Length);
        if (channel is not RemoteChannel.Error || IsOver) return;
        if (_status.WrittenCount + payload.Length > FinalStatus.Longest) throw new FormatException("A status is longer than 1 MiB.");
        _status.Write(payload);
    }

    /// <inheritdoc/>
    public bool IsKept(byte first) =>
        ChannelMessage.TryDecodeChannel(first, _protocol, out RemoteChannel channel) && channel is RemoteChannel.Error;

    /// <inheritdoc/>
    /// <remarks>A status that comes in several messages is passed on when it is whole. What comes after a status is dropped.</remarks>
    public ReadOnlyMemory<byte>? Amend()
    {
        if (IsOver) return ReadOnlyMemory<byte>.Empty;
        if (_status.WrittenCount == 0) return null; // some servers show by it that the channel is there
        if (FinalStatus.Read(_status.WrittenSpan, _withheld) is not { } status)
        {
            _isInPieces = true;
            return ReadOnlyMemory<byte>.Empty;
        }

        Volatile.Write(ref _final, status);
        string said = Encoding.UTF8.GetString(_status.WrittenSpan);
        if (!_isInPieces && IsFit(said) && _withheld.BlankCredentials(said) == said) return null;
        return Tell(status);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Tell(Status failure) =>
        WebSocketFrames.ServerMessage(ChannelMessage.EncodeChannel(RemoteChannel.Error, _protocol), failure.ToJson());

    /// <inheritdoc/>
    public void Dispose()
    {
        // holds nothing that is not collected
    }

    /// <summary>
    /// Looks at the JSON text and not at the value that was parsed from it: where a field occurs twice, another parser may take the other
    /// occurrence.
    /// </summary>
    static bool IsFit(string json)
    {
        for (int at = json.IndexOf('\\', StringComparison.Ordinal); at >= 0; at = json.IndexOf('\\', at + 2))
        {
            if (at + 1 == json.Length || json[at + 1] is not ('"' or '\\' or '/')) return false;
        }

        return VisibleText.Lines(json, Math.Max(json.Length, VisibleText.LongestLines)) == json;
    }
}
