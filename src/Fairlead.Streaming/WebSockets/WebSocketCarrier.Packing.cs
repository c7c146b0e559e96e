using System.Buffers;
using System.Net.WebSockets;

namespace Fairlead.Streaming.WebSockets;

/// <summary>Messages of several records.</summary>
sealed partial class WebSocketCarrier
{
    /// <summary>With a WebSocket header and a mask, a message stays within 32 KiB, as those of single channels do.</summary>
    const int PackedBytes = MessageBuffer.ArrayLength - 8;

    /// <summary>There is something to pack. Goes on with it on this thread, as <see cref="Send"/> does: call it under no lock.</summary>
    internal void Ring() => _queue.Writer.TryWrite(default);

    async ValueTask ReceivePackedAsync(byte first, bool isEnd)
    {
        long length = 1;
        byte[] looked = ArrayPool<byte>.Shared.Rent(4096); // only while a message comes: an idle carrier holds no buffer
        try
        {
            looked[0] = first;
            _packed!.Take(looked.AsSpan(0, 1));
            while (!isEnd)
            {
                Memory<byte> direct = _packed.Direct();
                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(direct.IsEmpty ? looked : direct, CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close) throw CutMessage();
                isEnd = part.EndOfMessage;
                length += part.Count;
                if (length > _limits.MessageBytes) throw TooBig(_limits.MessageBytes);
                if (direct.IsEmpty) _packed.Take(looked.AsSpan(0, part.Count));
                else _packed.TakeDirect(part.Count);
            }

            _packed.EndMessage();
            _messages?.Received(0, "Records", length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(looked);
        }
    }

    /// <summary>Each message is made when the connection has room for it, of all that was said until then.</summary>
    async ValueTask SendPackedAsync()
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(PackedBytes);
        try
        {
            for (int sent = 1; ; sent++)
            {
                if (sent % MostForOthers == 0) await Task.Yield();
                await _frames.RoomAsync();
                int length = _packed!.Pack(message.AsSpan(0, PackedBytes));
                if (length == 0) return;
                bool isSent = false;
                try
                {
                    await _socket.SendAsync(
                        message.AsMemory(0, length), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
                    isSent = true;
                }
                finally
                {
                    _packed.OnPacked(isSent);
                }

                _messages?.Sent(0, "Records", length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }
}
