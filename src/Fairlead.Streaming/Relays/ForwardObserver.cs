using System.Buffers;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// Follows the one connection of <c>portforward.fairlead.v1</c> that passes a splice, to its ends. Why it was refused or reset is written
/// anew, fit to show.
/// </summary>
/// <param name="traffic">Counts what passes.</param>
/// <param name="withheld">What the server must not be quoted with.</param>
public sealed class ForwardObserver(RelayTraffic traffic, WithheldWords withheld) : ISpliceObserver
{
    readonly Lock _lock = new();
    readonly byte[] _port = new byte[2];
    readonly ArrayBufferWriter<byte> _fault = new();
    DirectMessageType _kept;
    int _portBytes;
    bool _isAsked, _isHeld, _clientEnded, _serverEnded, _isOver;

    /// <summary>The port that was asked for; 0 before.</summary>
    public int Port => DirectMessage.TryDecodeOpen(_port, out int port) ? port : 0;

    /// <summary>Why the server refused or reset the connection; null where it did not.</summary>
    public ForwardResetException? Fault { get; private set; }

    /// <summary>Is told the port and <see cref="Fault"/> when there is one. Called while the bytes pass.</summary>
    public Action<int, ForwardResetException>? Failed { get; init; }

    /// <inheritdoc/>
    public bool IsOver
    {
        get
        {
            lock (_lock) return _isOver || (_clientEnded && _serverEnded);
        }
    }

    /// <inheritdoc/>
    public Status? Final => null;

    /// <inheritdoc/>
    public string NameOf(byte first) => ((DirectMessageType)first).ToString();

    /// <inheritdoc/>
    public void SeeInput(byte first, ReadOnlySpan<byte> payload, WebSocketFrameObserver frames)
    {
        switch ((DirectMessageType)first)
        {
            case DirectMessageType.Data:
                traffic.AddToServer(payload.Length);
                break;
            case DirectMessageType.Open:
                int count = Math.Min(payload.Length, _port.Length - _portBytes);
                frames.Unmask(payload[..count], _port.AsSpan(_portBytes));
                _portBytes += count;
                lock (_lock) _isAsked = true;
                break;
            case DirectMessageType.End:
                lock (_lock) _clientEnded = true;
                break;
            case DirectMessageType.Reset:
                lock (_lock) _isOver = true;
                break;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A client may close a carrier that it kept in reserve at any time: that is no loss.</remarks>
    public void SeeInputClose()
    {
        lock (_lock) _isOver |= !_isAsked;
    }

    /// <inheritdoc/>
    public void SeeOutput(byte first, ReadOnlySpan<byte> payload)
    {
        switch ((DirectMessageType)first)
        {
            case DirectMessageType.Data:
                traffic.AddToClient(payload.Length);
                break;
            case DirectMessageType.Connected when !_isHeld:
                _isHeld = true;
                traffic.Hold();
                break;
            case DirectMessageType.End:
                lock (_lock) _serverEnded = true;
                break;
            case DirectMessageType.Refused or DirectMessageType.Reset:
                _kept = (DirectMessageType)first;
                if (_fault.WrittenCount + payload.Length > DirectMessage.LongestControl)
                    throw new FormatException("A refusal or reset is longer than it may be.");
                _fault.Write(payload);
                break;
        }
    }

    /// <inheritdoc/>
    public bool IsKept(byte first) => (DirectMessageType)first is DirectMessageType.Refused or DirectMessageType.Reset;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Amend()
    {
        Fault = ForwardResetException.Read(_fault.WrittenSpan, withheld) ?? throw new FormatException("A refusal or reset has no code.");
        lock (_lock) _isOver = true;
        Failed?.Invoke(Port, Fault);
        return Frame(_kept, Fault.Fault, Fault.Message);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Tell(Status failure)
    {
        lock (_lock)
        {
            if (!_isAsked || _isOver) return default;
        }

        return Frame(DirectMessageType.Reset, ForwardFault.CarrierLost, failure.Message ?? "");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isHeld) traffic.Release(0, 0); // its bytes were counted as they passed
    }

    static byte[] Frame(DirectMessageType type, ForwardFault fault, string text)
    {
        byte[] message = DirectMessage.EncodeFault(type, fault, text);
        return WebSocketFrames.ServerMessage(message[0], message.AsSpan(1));
    }
}
