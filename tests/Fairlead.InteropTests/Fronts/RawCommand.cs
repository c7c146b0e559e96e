using System.Buffers.Binary;
using System.Net.Security;
using System.Text;

namespace Fairlead.InteropTests.Fronts;

/// <summary>A session of a command whose client is the test, byte for byte, over TLS: a WebSocket of v5, or SPDY as Go writes it.</summary>
sealed class RawCommand : IAsyncDisposable
{
    /// <summary>The opening of SPDY streams 1, 3, 5 and 7 (error, stdin, stdout, stderr) as Go 1.26 writes it, one deflate stream.</summary>
    static readonly string[] s_openings =
    [
        "80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff",
        "800300010000001700000003000000000000c22e555c92929907000000ffff",
        "800300010000001900000005000000000000c22ac5565c92925f5a02000000ffff",
        "800300010000001500000007000000000000c229975a5404000000ffff",
    ];

    /// <summary>The opening of stream 7 where it is resize: what comes behind the others' compressed, in a block that is not.</summary>
    const string ResizeOpening = "8003000100000030000000070000000000" + "00" + "001c00e3ff000000010000000a73747265616d7479706500000006726573697a65000000ffff";

    /// <summary>As Go copies: 32 KiB, which is one message or one frame.</summary>
    const int Piece = 32 * 1024;

    const ushort SynReply = 2, ResetStream = 3, Ping = 6;

    const byte ErrorStream = 1;

    readonly SslStream _stream;
    readonly bool _isWebSocket;
    readonly SemaphoreSlim _sending = new(1, 1);
    bool _isOver, _hasTerminal;

    RawCommand(SslStream stream, bool isWebSocket, string answer) => (_stream, _isWebSocket, Answer) = (stream, isWebSocket, answer);

    /// <summary>The head of the answer.</summary>
    public string Answer { get; }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Sends a request as a sender of <see cref="ApiServerRequest"/> does, and opens the streams of what was upgraded.</summary>
    public static async Task<RawCommand> StartAsync(FrontDoor door, string sender, string target, bool tty = false)
    {
        SslStream stream = await door.Room.DialAsync(door.ApiServer);
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(ApiServerRequest.Command(sender, target)), Ct);
            RawCommand command = new(stream, ApiServerRequest.IsWebSocket(sender), await ReadHeadAsync(stream)) { _hasTerminal = tty };
            Assert.StartsWith("HTTP/1.1 101 ", command.Answer, StringComparison.Ordinal);
            if (!command._isWebSocket) await command.OpenStreamsAsync();
            return command;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes all of the input, and ends it.</summary>
    public async Task SendInputAsync(Stream input)
    {
        byte[] piece = new byte[Piece + 1];
        int length;
        while ((length = await input.ReadAtLeastAsync(piece.AsMemory(1), Piece, throwOnEndOfStream: false, Ct)) > 0)
            await SendAsync(_isWebSocket ? RawWebSocketFrames.Encode(2, piece.AsSpan(0, length + 1)) : [.. DataHead(3, length, isLast: false), .. piece.AsSpan(1, length)]);
        await SendAsync(_isWebSocket ? RawWebSocketFrames.Encode(2, [255, 0]) : DataHead(3, 0, isLast: true));
    }

    /// <summary>Writes some input, in one message.</summary>
    public Task TypeAsync(string text) => SendAsync(0, 3, Encoding.ASCII.GetBytes(text));

    /// <summary>Tells the terminal's size as client-go does.</summary>
    public Task ResizeAsync(int width, int height) => SendAsync(4, 7, Encoding.ASCII.GetBytes($"{{\"Width\":{width},\"Height\":{height}}}\n"));

    Task SendAsync(byte channel, uint spdyStream, byte[] bytes) =>
        SendAsync(_isWebSocket ? RawWebSocketFrames.Encode(2, [channel, .. bytes]) : [.. DataHead(spdyStream, bytes.Length, isLast: false), .. bytes]);

    /// <summary>Reads from a channel until what came of it holds a text.</summary>
    public async Task ExpectAsync(string text, int channel = 1)
    {
        StringBuilder came = new();
        while (!came.ToString().Contains(text, StringComparison.Ordinal))
        {
            if (await ReadAsync() is not { } next)
            {
                Assert.Fail($"It ended without \"{text}\": {came}");
                return;
            }

            if (next.Channel == channel) came.Append(Encoding.UTF8.GetString(next.Bytes.Span));
        }
    }

    /// <summary>The next bytes that came, and by which channel, numbered as WebSocket numbers them; null at the end.</summary>
    public async Task<(int Channel, ReadOnlyMemory<byte> Bytes)?> ReadAsync()
    {
        while (true)
        {
            if (_isWebSocket)
            {
                RawFrame? frame = await RawWebSocketFrames.ReadAsync(_stream, cancellationToken: Ct);
                if (frame is null or { Opcode: 8 }) return null;
                if (frame.Opcode == 2) return (frame.Payload[0], frame.Payload.AsMemory(1));
            }
            else if (_isOver || await ReadFrameAsync() is not { } frame)
            {
                if (_isOver) await SendAsync(Convert.FromHexString("80030007000000080000000000000000")); // Go says GOAWAY, and closes
                return null;
            }
            else if (!frame.IsControl) return (frame.Number switch { 1 => 3, 5 => 1, 7 => 2, _ => throw new InvalidDataException($"data on stream {frame.Number}") }, frame.Payload);
        }
    }

    /// <summary>Asks for a sign of life in between, as client-go and the translator do every five seconds.</summary>
    public Task PingAsync() => SendAsync(_isWebSocket ? RawWebSocketFrames.Encode(9, []) : Convert.FromHexString("800300060000000400000001"));

    async Task OpenStreamsAsync()
    {
        foreach (string opening in (string[])[.. s_openings[..3], _hasTerminal ? ResizeOpening : s_openings[3]])
        {
            await SendAsync(Convert.FromHexString(opening));
            while (await ReadFrameAsync() is not { IsControl: true, Number: SynReply }) // Go waits for each before the next
            {
                // a ping of the node's may come before
            }
        }
    }

    async Task<(bool IsControl, uint Number, byte[] Payload)?> ReadFrameAsync()
    {
        byte[] head = new byte[8];
        if (await _stream.ReadAtLeastAsync(head, 8, throwOnEndOfStream: false, Ct) < 8) return null;
        bool isControl = (head[0] & 0x80) != 0;
        byte[] payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)) & 0xFFFFFF];
        await _stream.ReadExactlyAsync(payload, Ct);
        uint number = isControl ? BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)) : BinaryPrimitives.ReadUInt32BigEndian(head);
        // the error stream's end is the session's, by a FIN or by a reset
        _isOver |= isControl ? number == ResetStream && payload[3] == ErrorStream : number == ErrorStream && (head[4] & 1) != 0;
        if (isControl && number == Ping && (payload[3] & 1) == 0) await SendAsync([.. head, .. payload]); // the node's own is answered
        return (isControl, number, payload);
    }

    static byte[] DataHead(uint stream, int length, bool isLast)
    {
        byte[] head = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(head, stream);
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(4), (uint)length | (isLast ? 1u << 24 : 0));
        return head;
    }

    /// <summary>Reads the head of an answer, and not a byte more.</summary>
    internal static async Task<string> ReadHeadAsync(Stream stream)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, Ct);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    async Task SendAsync(byte[] bytes)
    {
        await _sending.WaitAsync(Ct);
        try
        {
            await _stream.WriteAsync(bytes, Ct);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _sending.Dispose();
    }
}
