using System.Net;
using System.Net.Sockets;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

/// <summary>Both ends of one session over a real loopback connection, without HTTP in front.</summary>
sealed class SessionPair : IAsyncDisposable
{
    SessionPair(AskingSession client, AnsweringSession server, Socket clientSocket, Socket serverSocket) =>
        (Client, Server, ClientSocket, ServerSocket) = (client, server, clientSocket, serverSocket);

    internal AskingSession Client { get; }

    internal AnsweringSession Server { get; }

    internal Socket ClientSocket { get; }

    internal Socket ServerSocket { get; }

    internal static RemoteCommandRequest AllPipes { get; } = new() { Command = ["test"], Stdin = true, Stdout = true, Stderr = true };

    internal static RemoteCommandRequest Terminal { get; } = new() { Command = ["test"], Stdin = true, Stdout = true, Tty = true };

    internal static async Task<SessionPair> OpenAsync(
        RemoteCommandProtocol? protocol = null, RemoteCommandRequest? request = null, CarrierLimits? clientLimits = null, CarrierLimits? serverLimits = null)
    {
        (Socket client, Socket server) = await ConnectAsync();
        protocol ??= RemoteCommandProtocol.V5;
        request ??= AllPipes;
        AnsweringSession answering = new(WebSocketRemoteCommand.Answer(
            new NetworkStream(server, ownsSocket: true), protocol, request, serverLimits ?? CarrierLimits.Default, () => server.Close(0)), request);
        AskingSession asking = new(WebSocketRemoteCommand.Ask(
            new NetworkStream(client, ownsSocket: true), protocol, request, clientLimits ?? CarrierLimits.Default), request);
        return new SessionPair(asking, answering, client, server);
    }

    /// <summary>Ends the server's side as an endpoint does: the status, the close, and then the connection goes.</summary>
    internal async Task EndAsync(Status status)
    {
        await Server.EndAsync(status);
        await Server.DisposeAsync();
    }

    internal static async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Task<Socket> accept = listener.AcceptAsync();
        await client.ConnectAsync(listener.LocalEndPoint!);
        Socket server = await accept;
        server.NoDelay = true;
        return (client, server);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
