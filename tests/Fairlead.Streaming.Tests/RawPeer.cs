using System.Buffers.Binary;
using System.Net.Sockets;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

/// <summary>One side of a session whose other side is this test, frame by frame.</summary>
sealed class RawPeer : IAsyncDisposable
{
    static readonly byte[] Mask = [0x37, 0xfa, 0x21, 0x3d];

    readonly NetworkStream _stream;

    RawPeer(Socket socket) => _stream = new NetworkStream(socket, ownsSocket: true);

    internal AnsweringSession? Server { get; private init; }

    internal AskingSession? Client { get; private init; }

    internal static async Task<RawPeer> ToServerAsync(RemoteCommandProtocol? protocol = null, CarrierLimits? limits = null, RemoteCommandRequest? request = null)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        request ??= SessionPair.AllPipes;
        return new RawPeer(client)
        {
            Server = new AnsweringSession(WebSocketRemoteCommand.Answer(new NetworkStream(server, true), protocol ?? RemoteCommandProtocol.V5, request, limits ?? CarrierLimits.Default, () => server.Close(0)), request),
        };
    }

    internal static async Task<RawPeer> ToClientAsync(RemoteCommandProtocol? protocol = null, CarrierLimits? limits = null, RemoteCommandRequest? request = null)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        request ??= SessionPair.AllPipes;
        return new RawPeer(server)
        {
            Client = new AskingSession(WebSocketRemoteCommand.Ask(new NetworkStream(client, true), protocol ?? RemoteCommandProtocol.V5, request, limits ?? CarrierLimits.Default), request),
        };
    }

    internal Task SendAsync(string hex) => _stream.WriteAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))).AsTask();

    /// <summary>A frame from a client (masked) or from a server.</summary>
    internal Task SendFrameAsync(int opcode, byte[] payload, bool fin = true)
    {
        bool masked = Server is not null;
        using MemoryStream frame = new();
        frame.WriteByte((byte)((fin ? 0x80 : 0) | opcode));
        int maskBit = masked ? 0x80 : 0;
        if (payload.Length < 126) frame.WriteByte((byte)(maskBit | payload.Length));
        else
        {
            frame.WriteByte((byte)(maskBit | 127));
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
            frame.Write(length);
        }

        if (masked) frame.Write(Mask);
        for (int i = 0; i < payload.Length; i++) frame.WriteByte(masked ? (byte)(payload[i] ^ Mask[i % 4]) : payload[i]);
        return _stream.WriteAsync(frame.ToArray()).AsTask();
    }

    /// <summary>Reads one frame: its first byte and its payload, unmasked; null at the end of the connection.</summary>
    internal async Task<(byte First, byte[] Payload)?> ReadFrameAsync(CancellationToken cancellationToken)
    {
        byte[] head = new byte[2];
        if (await _stream.ReadAtLeastAsync(head, 2, throwOnEndOfStream: false, cancellationToken) < 2) return null;
        long length = head[1] & 0x7f;
        byte[] more = new byte[length == 127 ? 8 : length == 126 ? 2 : 0];
        await _stream.ReadExactlyAsync(more, cancellationToken);
        if (length == 126) length = BinaryPrimitives.ReadUInt16BigEndian(more);
        else if (length == 127) length = BinaryPrimitives.ReadInt64BigEndian(more);
        byte[] mask = new byte[(head[1] & 0x80) != 0 ? 4 : 0];
        await _stream.ReadExactlyAsync(mask, cancellationToken);
        byte[] payload = new byte[length];
        await _stream.ReadExactlyAsync(payload, cancellationToken);
        if (mask.Length > 0) for (int i = 0; i < payload.Length; i++) payload[i] ^= mask[i % 4];
        return (head[0], payload);
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
        if (Server is not null) await Server.DisposeAsync();
        if (Client is not null) await Client.DisposeAsync();
    }
}
