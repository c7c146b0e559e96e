using System.Net.Sockets;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

/// <summary>A splice between two loopback connections, whose far ends are the test's.</summary>
sealed class SplicedPair : IAsyncDisposable
{
    SplicedPair(WebSocketSplice splice, Socket client, Socket server) =>
        (Splice, Client, Server, Running) = (splice, client, server, splice.RunAsync());

    internal WebSocketSplice Splice { get; }

    internal Socket Client { get; }

    internal Socket Server { get; }

    internal RemoteCommandProtocol Protocol { get; private init; } = RemoteCommandProtocol.V5;

    internal Task<RelayOutcome> Running { get; }

    internal static async Task<SplicedPair> OpenAsync(RemoteCommandProtocol protocol, CarrierLimits? limits = null) =>
        await OpenAsync(new CommandObserver(protocol, new RelayTraffic(), WithheldWords.None), protocol, limits);

    internal static async Task<SplicedPair> OpenAsync(ISpliceObserver observer, RemoteCommandProtocol? protocol = null, CarrierLimits? limits = null)
    {
        (Socket client, Socket accepted) = await SessionPair.ConnectAsync();
        (Socket dialled, Socket server) = await SessionPair.ConnectAsync();
        limits ??= CarrierLimits.Default with { Linger = TimeSpan.FromSeconds(1) };
        WebSocketSplice splice = new(
            observer, new NetworkStream(accepted, ownsSocket: true), limits, new NetworkStream(dialled, ownsSocket: true), limits, () => accepted.Close(0), CancellationToken.None);
        return new SplicedPair(splice, client, server) { Protocol = protocol ?? RemoteCommandProtocol.V5 };
    }

    internal AskingSession Ask() => new(WebSocketRemoteCommand.Ask(new NetworkStream(Client, ownsSocket: true), Protocol, SessionPair.AllPipes, CarrierLimits.Default), SessionPair.AllPipes);

    internal AnsweringSession Answer() =>
        new(WebSocketRemoteCommand.Answer(new NetworkStream(Server, ownsSocket: true), Protocol, SessionPair.AllPipes, CarrierLimits.Default, () => Server.Close(0)), SessionPair.AllPipes);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Server.Dispose();
        await Running;
        await Splice.DisposeAsync();
    }
}
