using System.Buffers;
using System.IO.Compression;
using System.Net.Sockets;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Spdy;
using Fairlead.Wire;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Tests.Spdy;

/// <summary>One side of a SPDY session whose other side is this test, frame by frame.</summary>
sealed class RawSpdyPeer : IAsyncDisposable
{
    readonly NetworkStream _stream;
    readonly SpdyFrameReader _frames = new(SpdyLimits.Default);
    readonly SpdyHeaderDeflater _deflater = new();
    readonly SpdyHeaderInflater _inflater = new(SpdyLimits.Default);
    byte[] _waiting = [];

    RawSpdyPeer(Socket socket) => _stream = new NetworkStream(socket, ownsSocket: true);

    /// <summary>The session under test, once its streams are open.</summary>
    internal Task<AnsweringSession>? Server { get; private init; }

    internal Task<AskingSession>? Client { get; private init; }

    internal NetworkStream Stream => _stream;

    internal static async Task<RawSpdyPeer> ToServerAsync(
        RemoteCommandProtocol? protocol = null, CarrierLimits? limits = null, RemoteCommandRequest? request = null, CancellationTokenSource? gone = null)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        request ??= SessionPair.AllPipes;
        return new RawSpdyPeer(client) { Server = AnswerAsync() };

        async Task<AnsweringSession> AnswerAsync() => new(
            await SpdyRemoteCommand.AnswerAsync(new NetworkStream(server, true), protocol ?? RemoteCommandProtocol.SpdyV4, request, limits ?? CarrierLimits.Default, () => server.Close(0), peerGone: gone?.Token ?? default),
            request);
    }

    /// <summary>A server whose session is ready: error 1, stdin 3, stdout 5, stderr 7.</summary>
    internal static async Task<(RawSpdyPeer Peer, AnsweringSession Server)> ToReadyServerAsync(
        RemoteCommandProtocol? protocol = null, CarrierLimits? limits = null, CancellationTokenSource? gone = null)
    {
        RawSpdyPeer peer = await ToServerAsync(protocol, limits, gone: gone);
        string[] types = ["error", "stdin", "stdout", "stderr"];
        for (int i = 0; i < types.Length; i++)
        {
            await peer.SynAsync((uint)(2 * i) + 1, types[i]);
            SpdyFrame answer = (await peer.ReadAsync())!.Value;
            while (answer.Type is SpdyFrameType.Ping) answer = (await peer.ReadAsync())!.Value; // short deadlines on a busy machine
            Assert.Equal(SpdyFrameType.SynReply, answer.Type);
        }

        return (peer, await peer.Server!);
    }

    internal static async Task<RawSpdyPeer> ToClientAsync(
        RemoteCommandProtocol? protocol = null, CarrierLimits? limits = null, RemoteCommandRequest? request = null, CancellationTokenSource? cancel = null)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        request ??= SessionPair.AllPipes;
        return new RawSpdyPeer(server) { Client = AskAsync() };

        async Task<AskingSession> AskAsync() => new(
            await SpdyRemoteCommand.AskAsync(
                new NetworkStream(client, true), protocol ?? RemoteCommandProtocol.SpdyV4, request, limits ?? CarrierLimits.Default, null, cancel?.Token ?? default),
            request);
    }

    /// <summary>A client whose session is ready: error 1, stdin 3, stdout 5, stderr 7.</summary>
    internal static async Task<(RawSpdyPeer Peer, AskingSession Client)> ToReadyClientAsync(RemoteCommandProtocol? protocol = null, CarrierLimits? limits = null)
    {
        RawSpdyPeer peer = await ToClientAsync(protocol, limits);
        for (int i = 0; i < 4; i++)
        {
            SpdyFrame syn = (await peer.ReadAsync())!.Value;
            Assert.Equal((SpdyFrameType.SynStream, (uint)(2 * i) + 1), (syn.Type, syn.Id));
            await peer.ReplyAsync(syn.Id);
        }

        return (peer, await peer.Client!);
    }

    internal Task SendAsync(SpdyFrame frame)
    {
        ArrayBufferWriter<byte> bytes = new();
        frame.WriteTo(bytes);
        return _stream.WriteAsync(bytes.WrittenMemory).AsTask();
    }

    internal Task SendAsync(string hex) => _stream.WriteAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))).AsTask();

    internal Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

    internal Task DataAsync(uint stream, byte[] bytes, bool fin = false) =>
        SendAsync(new SpdyFrame(SpdyFrameType.Data, fin ? SpdyFlags.Fin : 0, stream, Payload: new(bytes)));

    internal Task SynAsync(uint stream, string type, SpdyFlags flags = 0) =>
        SendAsync(new SpdyFrame(SpdyFrameType.SynStream, flags, stream, Payload: new(Compress([new("streamtype", type)]))));

    internal Task ReplyAsync(uint stream, SpdyFlags flags = 0) => SendAsync(new SpdyFrame(SpdyFrameType.SynReply, flags, stream, Payload: new(Compress([]))));

    internal byte[] Compress(SpdyHeader[] headers)
    {
        ArrayBufferWriter<byte> plain = new(), wire = new();
        SpdyHeaderBlock.Encode(headers, plain);
        _deflater.Deflate(plain.WrittenSpan, wire);
        return wire.WrittenSpan.ToArray();
    }

    /// <summary>A block that fits a frame and inflates to so many bytes.</summary>
    internal static byte[] Bomb(int length)
    {
        using MemoryStream wire = new();
        wire.Write([0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2]);
        using (DeflateStream deflate = new(wire, CompressionLevel.SmallestSize, leaveOpen: true)) deflate.Write(new byte[length]);
        return wire.ToArray();
    }

    internal IReadOnlyList<SpdyHeader> Inflate(SpdyFrame frame) => SpdyHeaderBlock.Decode(_inflater.Inflate(frame.Payload), SpdyLimits.Default);

    /// <summary>Reads one frame (data as it comes, whole for short frames); null at the end of the connection.</summary>
    internal async Task<SpdyFrame?> ReadAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            ReadOnlySequence<byte> input = new(_waiting);
            if (_frames.TryRead(ref input, out SpdyFrame frame))
            {
                frame = frame with { Payload = new(frame.Payload.ToArray()) };
                _waiting = input.ToArray();
                return frame;
            }

            _waiting = input.ToArray();
            int read = await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
            if (read == 0) return null;
            _waiting = [.. _waiting, .. buffer.AsSpan(0, read)];
        }
    }

    /// <summary>The next frame as hexadecimal digits.</summary>
    internal async Task<string> ReadHexAsync()
    {
        ArrayBufferWriter<byte> bytes = new();
        (await ReadAsync())!.Value.WriteTo(bytes);
        return Convert.ToHexStringLower(bytes.WrittenSpan);
    }

    /// <summary>Reads on until a frame of this type; null at the end of the connection.</summary>
    internal async Task<SpdyFrame?> ReadUntilAsync(SpdyFrameType type)
    {
        while (true)
        {
            SpdyFrame? frame = await ReadAsync();
            if (frame is null || frame.Value.Type == type) return frame;
        }
    }

    internal void HalfClose() => _stream.Socket.Shutdown(SocketShutdown.Send);

    internal void Reset()
    {
        _stream.Socket.LingerState = new LingerOption(true, 0);
        _stream.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _inflater.Dispose();
        try
        {
            if (Server is not null) await (await Server).DisposeAsync();
            if (Client is not null) await (await Client).DisposeAsync();
        }
        catch (Exception e) when (e is SessionLostException or OperationCanceledException)
        {
            // the session never began, which the test has looked at
        }
    }
}
