using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Fairlead.Containerd.Proxy;

/// <summary>Stands between a Unix socket and an HTTP/2 server: what the client sends passes as it is, but for the <c>:authority</c> of its requests.</summary>
static class AuthorityRewrite
{
    const int PrefaceLength = 24, HeadLength = 9, PriorityLength = 5, LongestFrame = 16 * 1024, LongestBlock = 1 << 20;
    const byte Headers = 1, Continuation = 9, EndHeaders = 0x4, Padded = 0x8, Priority = 0x20;

    /// <summary>Serves a connection with what is behind.</summary>
    public static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        IDuplexPipe transport = connection.Transport;
        Pipe rewritten = new();
        Task moving = MoveAsync(transport.Input, rewritten.Writer);
        connection.Transport = new Rewritten(rewritten.Reader, transport.Output);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
            await rewritten.Reader.CompleteAsync();
            transport.Input.CancelPendingRead();
            await moving;
        }
    }

    static async Task MoveAsync(PipeReader input, PipeWriter output)
    {
        try
        {
            FrameCursor cursor = new(output);
            while (true)
            {
                ReadResult result = await input.ReadAsync();
                if (result.IsCanceled) break;
                SequencePosition taken = cursor.Take(result.Buffer);
                input.AdvanceTo(taken, result.Buffer.End);
                FlushResult flush = await output.FlushAsync();
                if (flush.IsCompleted || result.IsCompleted) break;
            }

            await output.CompleteAsync();
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or ConnectionResetException or InvalidDataException)
        {
            await output.CompleteAsync(e); // the server ends the connection by it
        }
    }

    sealed record Rewritten(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Goes through what a client sends, frame by frame.</summary>
    sealed class FrameCursor(IBufferWriter<byte> output)
    {
        readonly ArrayBufferWriter<byte> _block = new(256), _rewritten = new(256);
        readonly byte[] _priority = new byte[PriorityLength];
        int _passing = PrefaceLength; // bytes that pass without a look
        int _stream;
        byte _flags;

        /// <returns>How far it was taken; the rest comes again with more behind it.</returns>
        public SequencePosition Take(ReadOnlySequence<byte> bytes)
        {
            Span<byte> head = stackalloc byte[HeadLength];
            while (true)
            {
                if (_passing > 0)
                {
                    long count = Math.Min(_passing, bytes.Length);
                    foreach (ReadOnlyMemory<byte> part in bytes.Slice(0, count)) output.Write(part.Span);
                    bytes = bytes.Slice(count);
                    _passing -= (int)count;
                }

                if (bytes.Length < HeadLength) return bytes.Start;
                bytes.Slice(0, HeadLength).CopyTo(head);
                int length = head[0] << 16 | head[1] << 8 | head[2];
                if (head[3] is not (Headers or Continuation))
                {
                    _passing = HeadLength + length;
                    continue;
                }

                if (length > LongestFrame) throw new InvalidDataException("an HTTP/2 frame is too long");
                if (bytes.Length < HeadLength + length) return bytes.Start;
                TakeHeaders(head, bytes.Slice(HeadLength, length));
                bytes = bytes.Slice(HeadLength + length);
            }
        }

        void TakeHeaders(ReadOnlySpan<byte> head, ReadOnlySequence<byte> payload)
        {
            byte flags = head[4];
            if (head[3] == Headers)
            {
                (_flags, _stream) = (flags, BinaryPrimitives.ReadInt32BigEndian(head[5..]));
                _block.ResetWrittenCount();
                int padding = (flags & Padded) != 0 ? First(payload) : 0;
                if ((flags & Padded) != 0) payload = payload.Slice(1);
                if ((flags & Priority) != 0)
                {
                    if (payload.Length < PriorityLength) throw Malformed();
                    payload.Slice(0, PriorityLength).CopyTo(_priority);
                    payload = payload.Slice(PriorityLength);
                }

                if (padding > payload.Length) throw Malformed();
                payload = payload.Slice(0, payload.Length - padding);
            }

            foreach (ReadOnlyMemory<byte> part in payload) _block.Write(part.Span);
            if (_block.WrittenCount > LongestBlock) throw new InvalidDataException("the headers of an HTTP/2 request are too long");
            if ((flags & EndHeaders) == 0) return;
            _rewritten.ResetWrittenCount();
            HpackAuthority.Rewrite(_block.WrittenSpan, _rewritten);
            WriteBlock(_rewritten.WrittenSpan);
        }

        void WriteBlock(ReadOnlySpan<byte> block)
        {
            bool hasPriority = (_flags & Priority) != 0;
            byte type = Headers;
            byte flags = (byte)(_flags & ~(Padded | EndHeaders));
            do
            {
                int room = LongestFrame - (hasPriority ? PriorityLength : 0), count = Math.Min(block.Length, room);
                int length = count + (hasPriority ? PriorityLength : 0);
                Span<byte> head = output.GetSpan(HeadLength);
                (head[0], head[1], head[2], head[3]) = ((byte)(length >> 16), (byte)(length >> 8), (byte)length, type);
                head[4] = (byte)(flags | (count == block.Length ? EndHeaders : 0));
                BinaryPrimitives.WriteInt32BigEndian(head[5..], _stream);
                output.Advance(HeadLength);
                if (hasPriority) output.Write(_priority);
                output.Write(block[..count]);
                block = block[count..];
                (type, flags, hasPriority) = (Continuation, 0, false);
            }
            while (!block.IsEmpty);
        }

        static int First(ReadOnlySequence<byte> payload) => payload.IsEmpty ? throw Malformed() : payload.FirstSpan[0];

        static InvalidDataException Malformed() => new("an HTTP/2 HEADERS frame is shorter than what it holds");
    }
}
