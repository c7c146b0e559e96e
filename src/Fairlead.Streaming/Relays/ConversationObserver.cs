using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// Follows the conversations of <c>portforward.fairlead.v2</c> that pass a splice, to their ends. Why one was refused or reset is written
/// anew, fit to show.
/// </summary>
public sealed class ConversationObserver : ISpliceObserver
{
    /// <summary>The most that are followed at once: far more than servers allow, and a bound for peers that count otherwise.</summary>
    const int MostConversations = 65_536;

    readonly Lock _lock = new();
    readonly Dictionary<uint, Followed> _open = [];
    readonly RelayTraffic _traffic;
    readonly WithheldWords _withheld;
    readonly RecordFollower _input, _output;
    byte[]? _told; // what is sent in the place of the message that is kept back
    bool _isLone; // the message in progress has a record that must be its only one
    bool _clientCloses;

    /// <summary>Creates it.</summary>
    /// <param name="traffic">Counts what passes.</param>
    /// <param name="withheld">What the server must not be quoted with.</param>
    public ConversationObserver(RelayTraffic traffic, WithheldWords withheld)
    {
        ArgumentNullException.ThrowIfNull(traffic);
        (_traffic, _withheld) = (traffic, withheld);
        _input = new RecordFollower(count => traffic.AddToServer(count), SeeInputRecord);
        _output = new RecordFollower(count => traffic.AddToClient(count), SeeOutputRecord);
    }

    /// <summary>Is told the port of each connection that the server refused or reset, and why. Called while the bytes pass.</summary>
    public Action<int, ForwardResetException>? Failed { get; init; }

    /// <summary>Connections that the client has asked for.</summary>
    public long Connections { get; private set; }

    /// <inheritdoc/>
    public bool IsOver
    {
        get
        {
            lock (_lock) return _clientCloses && _open.Count == 0;
        }
    }

    /// <inheritdoc/>
    public Status? Final => null;

    /// <inheritdoc/>
    public string NameOf(byte first) => "Records";

    /// <inheritdoc/>
    public void SeeInput(byte first, ReadOnlySpan<byte> payload, WebSocketFrameObserver frames) => _input.Follow(first, payload, frames);

    /// <inheritdoc/>
    public void SeeInputEnd() => _input.EndMessage();

    /// <inheritdoc/>
    public void SeeInputClose()
    {
        lock (_lock) _clientCloses = true;
    }

    /// <inheritdoc/>
    public void SeeOutput(byte first, ReadOnlySpan<byte> payload)
    {
        _output.Follow(first, payload, null);
        if (_isLone && _output.Count > 1) throw NotAlone();
    }

    /// <inheritdoc/>
    public void SeeOutputEnd() => _output.EndMessage();

    /// <inheritdoc/>
    public bool IsKept(byte first) => (ForwardRecordType)first is ForwardRecordType.Refused or ForwardRecordType.Reset;

    /// <inheritdoc/>
    /// <remarks>A reason without a text may stand among other records, and passes with them.</remarks>
    public ReadOnlyMemory<byte>? Amend()
    {
        byte[]? told = _told;
        (_told, _isLone) = (null, false);
        if (told is null) return null; // by itself: as one half of a conditional it would be an empty message
        return WebSocketFrames.ServerMessage(told[0], told.AsSpan(1));
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Tell(Status failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        byte[] reset = ForwardRecord.EncodeFault(ForwardRecordType.Reset, 0, ForwardFault.CarrierLost, failure.Message ?? "");
        return WebSocketFrames.ServerMessage(reset[0], reset.AsSpan(1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Followed conversation in _open.Values)
            {
                if (conversation.IsHeld) _traffic.Release(0, 0); // its bytes were counted as they passed
            }

            _open.Clear();
        }
    }

    void SeeInputRecord(ForwardRecordHeader header, ReadOnlySpan<byte> body, bool isFirst)
    {
        lock (_lock)
        {
            switch (header.Type)
            {
                case ForwardRecordType.Open:
                    if (_open.Count >= MostConversations) throw new FormatException("There are more conversations than can be followed.");
                    Connections++;
                    _open[header.Conversation] = new Followed(ForwardRecord.TryReadOpen(body, out ForwardOpen open) ? open.Port : 0);
                    break;
                case ForwardRecordType.End when _open.TryGetValue(header.Conversation, out Followed? ending):
                    ending.ClientEnded = true;
                    if (ending.ServerEnded) Remove(header.Conversation);
                    break;
                case ForwardRecordType.Reset:
                    Remove(header.Conversation);
                    break;
            }
        }
    }

    void SeeOutputRecord(ForwardRecordHeader header, ReadOnlySpan<byte> body, bool isFirst)
    {
        if (header.Type is ForwardRecordType.Refused or ForwardRecordType.Reset) SeeFault(header, body, isFirst);
        lock (_lock)
        {
            switch (header.Type)
            {
                case ForwardRecordType.Connected when _open.TryGetValue(header.Conversation, out Followed? begins) && !begins.IsHeld:
                    begins.IsHeld = true;
                    _traffic.Hold();
                    break;
                case ForwardRecordType.End when _open.TryGetValue(header.Conversation, out Followed? ending):
                    ending.ServerEnded = true;
                    if (ending.ClientEnded) Remove(header.Conversation);
                    break;
                case ForwardRecordType.Refused or ForwardRecordType.Reset:
                    Remove(header.Conversation);
                    break;
            }
        }
    }

    /// <summary>A text comes in a message of its own, which is kept back until it is whole: here it is written anew.</summary>
    void SeeFault(ForwardRecordHeader header, ReadOnlySpan<byte> body, bool isFirst)
    {
        ForwardResetException fault = ForwardResetException.Read(body, _withheld)
            ?? throw new FormatException("A refusal or reset has no code.");
        if (body.Length > 2)
        {
            if (!isFirst) throw NotAlone();
            _isLone = true;
            _told = ForwardRecord.EncodeFault(header.Type, header.Conversation, fault.Fault, fault.Message);
        }

        int port;
        lock (_lock) port = _open.TryGetValue(header.Conversation, out Followed? failed) ? failed.Port : 0;
        Failed?.Invoke(port, fault);
    }

    /// <summary>Under the lock.</summary>
    void Remove(uint id)
    {
        if (_open.Remove(id, out Followed? conversation) && conversation.IsHeld) _traffic.Release(0, 0);
    }

    static FormatException NotAlone() => new("A refusal or reset with a text is not the only record of its message.");

    sealed class Followed(int port)
    {
        internal int Port { get; } = port;

        internal bool IsHeld { get; set; }

        internal bool ClientEnded { get; set; }

        internal bool ServerEnded { get; set; }
    }
}
