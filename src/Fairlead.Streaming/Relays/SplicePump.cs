using System.Buffers;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// One direction of a splice: bytes pass as they are while an observer follows them. Whatever else is written goes through here, and
/// only between whole frames.
/// </summary>
sealed class SplicePump(LivenessStream from, LivenessStream to, WebSocketFrameObserver observer,
    Action<ReadOnlyMemory<byte>, ObservedPart> seen) : IDisposable
{
    const int BufferBytes = 32 * 1024;

    /// <summary>The most of a message that is kept back: as much as a client takes of a status.</summary>
    const int MostKept = FinalStatus.Longest;

    readonly SemaphoreSlim _writing = new(1, 1);
    // of a message that is kept back, or of the header of one that has not said yet what it is
    readonly ArrayBufferWriter<byte> _kept = new(256);
    bool _inControl, _keeps;

    /// <summary>The source's Close frame has passed.</summary>
    internal bool ClosePassed { get; private set; }

    /// <summary>What is to go in front of the source's Close frame; null for nothing.</summary>
    internal Func<ReadOnlyMemory<byte>?>? BeforeClose { get; init; }

    /// <summary>Says of a message's first byte whether it is kept back until it has come whole; null where none is.</summary>
    internal Func<byte, bool>? IsKept { get; init; }

    /// <summary>
    /// Gives what is sent in the place of a message that was kept back: nothing where it gives an empty memory, the message as it is where
    /// it gives null. Called after the message was seen.
    /// </summary>
    internal Func<ReadOnlyMemory<byte>?>? Amend { get; init; }

    /// <summary>
    /// True where the source sends nothing after its Close. After its Close a client waits for the server to hang up (RFC 6455 section
    /// 7.1.1). If this side waited for the client to hang up, each would wait for the other.
    /// </summary>
    internal bool EndsWithClose { get; init; }

    /// <summary>What went wrong on this side; null where nothing did.</summary>
    internal Exception? Fault { get; private set; }

    /// <summary>Passes bytes on until one side ends. Never throws.</summary>
    internal async Task<SpliceEnd> RunAsync()
    {
        Turn turn = default;
        while (true)
        {
            byte[]? buffer = null;
            try
            {
                int length;
                try
                {
                    length = await from.ReadAsync(Memory<byte>.Empty); // waits for the first byte: an idle session holds no buffer
                    buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
                    length += await from.ReadAsync(buffer.AsMemory(0, BufferBytes));
                }
                catch (Exception e) when (LoopFault.IsBroken(e))
                {
                    return SpliceEnd.SourceBroken;
                }

                if (length == 0) return SpliceEnd.SourceEnded;
                await PassAsync(buffer.AsMemory(0, length));
                if (EndsWithClose && ClosePassed && observer.IsBetweenFrames) return SpliceEnd.SourceEnded;
                if (turn.IsOver(length)) await Task.Yield();
            }
            catch (FormatException)
            {
                return SpliceEnd.Malformed;
            }
            catch (Exception e) when (LoopFault.IsBroken(e))
            {
                return SpliceEnd.TargetBroken;
            }
            catch (Exception e)
            {
                Fault = e;
                return SpliceEnd.Failed;
            }
            finally
            {
                if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>
    /// Writes something of the relay's own, where it may stand: control frames between frames, messages between messages.
    /// </summary>
    /// <returns>False where it may not, because the source stopped in the middle.</returns>
    internal async Task<bool> InsertAsync(ReadOnlyMemory<byte> frames, bool isMessage)
    {
        await _writing.WaitAsync();
        try
        {
            if (ClosePassed || !(isMessage ? observer.IsBetweenMessages : observer.IsBetweenFrames)) return false;
            await to.WriteAsync(frames);
            await to.FlushAsync();
            return true;
        }
        catch (Exception e)
        {
            if (!LoopFault.IsBroken(e)) Fault ??= e;
            return false; // nobody there to be told; the reading side meets the same end
        }
        finally
        {
            _writing.Release();
        }
    }

    async ValueTask PassAsync(ReadOnlyMemory<byte> bytes)
    {
        await _writing.WaitAsync();
        try
        {
            int written = 0, at = 0;
            while (at < bytes.Length)
            {
                if (observer.IsBetweenFrames && WebSocketFrameObserver.IsClose(bytes.Span[at]))
                {
                    ReadOnlyMemory<byte>? before = observer.IsBetweenMessages ? BeforeClose?.Invoke() : null;
                    ClosePassed = true; // before anything is written: whoever reads that may close at once, and does not leave by it
                    if (before is { } first)
                    {
                        await to.WriteAsync(bytes[written..at]);
                        await to.WriteAsync(first);
                        written = at;
                    }
                }

                ReadOnlyMemory<byte> rest = bytes[at..];
                if (observer.IsBetweenFrames) _inControl = WebSocketFrameObserver.IsControl(rest.Span[0]);
                if (IsKept is not null && !_inControl && observer.IsBetweenMessages) _keeps = true; // until it has said what it is
                ObservedPart part = observer.Observe(rest.Span);
                if (_keeps && !_inControl) written = await KeepAsync(bytes, written, at, part);
                seen(rest, part);
                if (_keeps && part.EndsMessage) await ReleaseAsync(Amend!());
                at += part.Length;
            }

            await to.WriteAsync(bytes[written..]);
            await to.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>
    /// Keeps a part of a message back. Where the message turns out to be one that is not kept back, what was kept so far is sent, and the
    /// rest of the message passes.
    /// </summary>
    /// <returns>Up to where the bytes were dealt with.</returns>
    async ValueTask<int> KeepAsync(ReadOnlyMemory<byte> bytes, int written, int at, ObservedPart part)
    {
        bool isOther = part.First < 0 ? part.EndsMessage : !IsKept!((byte)part.First);
        if (isOther && _kept.WrittenCount == 0)
        {
            _keeps = false;
            return written;
        }

        await to.WriteAsync(bytes[written..at]);
        if (isOther)
        {
            await ReleaseAsync(null);
            return at;
        }

        if (_kept.WrittenCount + part.Length > MostKept) throw new FormatException("A message that is kept back is longer than 1 MiB.");
        _kept.Write(bytes.Span.Slice(at, part.Length));
        return at + part.Length;
    }

    async ValueTask ReleaseAsync(ReadOnlyMemory<byte>? instead)
    {
        await to.WriteAsync(instead ?? _kept.WrittenMemory);
        _kept.ResetWrittenCount();
        _keeps = false;
    }

    public void Dispose() => _writing.Dispose();
}

/// <summary>How one direction of a splice ended.</summary>
enum SpliceEnd
{
    /// <summary>The source ended in order.</summary>
    SourceEnded,

    /// <summary>The source broke, or was cut.</summary>
    SourceBroken,

    /// <summary>The target takes no more.</summary>
    TargetBroken,

    /// <summary>The source sent what is no WebSocket.</summary>
    Malformed,

    /// <summary>A fault of this program.</summary>
    Failed,
}
