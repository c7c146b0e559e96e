using System.Buffers;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.Sessions;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// Follows one carrier of a remote command whose session outlives it. Nothing is put between its messages, which are counted: a status is
/// passed on as it is, and made fit to show by the client. The loss of one side is told to the other as what it is, by a loss.
/// </summary>
public sealed class ResumableObserver : ISpliceObserver
{
    readonly RelayTraffic _traffic;
    readonly WithheldWords _withheld;
    readonly ArrayBufferWriter<byte> _status = new();
    Status? _final;
    volatile bool _isOver;

    /// <summary>Begins with nothing seen.</summary>
    /// <param name="traffic">Counts what passes.</param>
    /// <param name="withheld">Words of the request that are blanked where the server quotes them.</param>
    public ResumableObserver(RelayTraffic traffic, WithheldWords withheld) => (_traffic, _withheld) = (traffic, withheld);

    /// <inheritdoc/>
    public bool IsOver => _isOver;

    /// <inheritdoc/>
    /// <remarks>Null too where the status was begun on another carrier.</remarks>
    public Status? Final => Volatile.Read(ref _final);

    /// <inheritdoc/>
    public string NameOf(byte first) => first <= SessionMessage.LastChannel ? $"Data{first}" : ((SessionMessageType)first).ToString();

    /// <inheritdoc/>
    public void SeeInput(byte first, ReadOnlySpan<byte> payload, WebSocketFrameObserver frames)
    {
        if (first <= SessionMessage.LastChannel) _traffic.AddToServer(payload.Length);
        else if ((SessionMessageType)first is SessionMessageType.Leave) _isOver = true;
    }

    /// <inheritdoc/>
    public void SeeInputClose()
    {
        // before the end it is a loss like any other
    }

    /// <inheritdoc/>
    public void SeeOutput(byte first, ReadOnlySpan<byte> payload)
    {
        if (first <= SessionMessage.LastChannel)
        {
            if (payload.Length > 0) _traffic.AddToClient(payload.Length);
            if (first != (byte)RemoteChannel.Error) return;
            if (_status.WrittenCount + payload.Length > FinalStatus.Longest) throw new FormatException("A status is longer than 1 MiB.");
            _status.Write(payload);
        }
        else if ((SessionMessageType)first is SessionMessageType.End && !payload.IsEmpty && payload[0] == (byte)RemoteChannel.Error)
        {
            Volatile.Write(ref _final, FinalStatus.Read(_status.WrittenSpan, _withheld));
            _isOver = true;
        }
        else if ((SessionMessageType)first is SessionMessageType.Refused) _isOver = true;
    }

    /// <inheritdoc/>
    public bool IsKept(byte first) => false;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Amend() => null;

    /// <inheritdoc/>
    /// <remarks>A relay that stops leaves the session as it is: the client comes back through another one.</remarks>
    public ReadOnlyMemory<byte> Farewell(Status reason) =>
        ReferenceEquals(reason, SessionEndings.Draining) ? default : WebSocketFrames.ClientMessage((byte)SessionMessageType.Leave);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Tell(Status failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        if (failure.Reason is SessionEndings.LostReason || ReferenceEquals(failure, SessionEndings.Draining)) return default;
        byte[] refused = SessionMessage.EncodeRefused(SessionRefusal.Ended, failure.Said.ToString());
        return WebSocketFrames.ServerMessage(refused[0], refused.AsSpan(1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // holds nothing that is not collected
    }
}
