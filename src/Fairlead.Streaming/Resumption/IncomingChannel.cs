using System.Buffers;
using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;

namespace Fairlead.Streaming.Resumption;

/// <summary>A channel that the peer writes: counts what has come and what was passed on.</summary>
/// <remarks>Members that change are used under the session's lock.</remarks>
sealed class IncomingChannel
{
    readonly ResumableSession _session;
    readonly CountedReader _reader;
    readonly int _capacity;
    long _passed;
    bool _isDropped, _isEnded;

    internal IncomingChannel(ResumableSession session, byte number, int capacity, bool inlineReader)
    {
        (_session, Number, _capacity) = (session, number, capacity);
        Inbound = new InboundChannel(capacity, inlineReader) { OutlivesCarrier = true, Skipped = OnSkipped };
        _reader = new CountedReader(Inbound.Reader, OnPassed, OnCompleted, countsLooks: true);
    }

    internal byte Number { get; }

    /// <summary>What the carrier's read loop fills.</summary>
    internal InboundChannel Inbound { get; }

    internal PipeReader Reader => _reader;

    /// <summary>What was told of it last on this carrier.</summary>
    internal long Told { get; set; }

    internal bool IsEnded => _isEnded;

    /// <summary>What has come, the end too.</summary>
    internal long Received => Inbound.Offset + (_isEnded ? 1 : 0);

    /// <summary>What was passed on, which includes what nobody wants; the end is, once all before it was.</summary>
    internal long Passed
    {
        get
        {
            long offset = Inbound.Offset; // the read loop counts on
            return (_isDropped ? offset : _passed) + (_isEnded && (_isDropped || _passed == offset) ? 1 : 0);
        }
    }

    internal void End() => _isEnded = true;

    /// <summary>Nobody reads any more, or the rest is this side's own affair: what comes counts as passed on.</summary>
    internal void Drop() => _isDropped = true;

    void OnPassed(long bytes) => _session.OnPassed(this, bytes);

    void OnCompleted() => _session.OnPassed(this, 0, isDropped: true);

    void OnSkipped() => _session.OnPassed(this, 0);

    internal void Pass(long bytes) => _passed += bytes;

    /// <summary>
    /// Writes how far it has come, and what was not taken out by its reader. No carrier has it, and nobody reads.
    /// </summary>
    /// <exception cref="IOException">A peer that keeps to its window sends less: this is not to be had again.</exception>
    internal void Save(BinaryWriter writer)
    {
        ReadOnlySequence<byte> unread = _isDropped ? default : Inbound.Unread();
        if (unread.Length >= _capacity) throw new IOException($"more of channel {Number} has come than its window holds");
        writer.Write(Inbound.Offset);
        writer.Write(_passed);
        writer.Write(_isEnded);
        writer.Write(_isDropped);
        writer.Write((int)unread.Length);
        writer.Flush();
        foreach (ReadOnlyMemory<byte> part in unread) writer.BaseStream.Write(part.Span);
    }

    /// <summary>Reads what <see cref="Save"/> wrote, before anything else is done with it.</summary>
    /// <exception cref="InvalidDataException">It cannot be.</exception>
    internal void Restore(BinaryReader reader)
    {
        long offset = reader.ReadInt64();
        _passed = reader.ReadInt64();
        (_isEnded, bool isDropped) = (reader.ReadBoolean(), reader.ReadBoolean());
        int length = reader.ReadInt32();
        bool canBe = length >= 0 && length < _capacity && offset >= length && _passed >= 0
            && (isDropped || (_passed >= offset - length && _passed <= offset));
        if (!canBe) throw new InvalidDataException($"channel {Number} says what cannot be");
        Inbound.Restore(offset - length, reader.BaseStream, length);
        if (isDropped) Reader.Complete();
        else _reader.StartBehind(_passed - (offset - length));
        if (_isEnded) Inbound.Complete(null);
    }
}
