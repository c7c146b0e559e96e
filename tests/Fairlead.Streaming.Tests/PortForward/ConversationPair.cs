using System.Net.Sockets;
using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.WebSockets.Conversations;

namespace Fairlead.Streaming.Tests.PortForward;

/// <summary>Both ends of one carrier of conversations, over loopback.</summary>
sealed class ConversationPair : IAsyncDisposable
{
    ConversationPair(Socket client, Socket server, CarrierLimits limits, CarrierLimits serverLimits)
    {
        Client = new ConversationPortForward(new NetworkStream(client, ownsSocket: true), limits);
        Server = new ConversationAcceptor(new NetworkStream(server, ownsSocket: true), serverLimits, () => server.Close(0));
    }

    internal ConversationPortForward Client { get; }

    internal ConversationAcceptor Server { get; }

    internal static async Task<ConversationPair> OpenAsync(CarrierLimits? limits = null, CarrierLimits? serverLimits = null)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        return new ConversationPair(client, server, limits ?? CarrierLimits.Default, serverLimits ?? limits ?? CarrierLimits.Default);
    }

    /// <summary>A conversation, and its two ends.</summary>
    internal async Task<(ForwardedStream Near, ForwardedStream Far)> ConverseAsync(int port = 80)
    {
        Task<ForwardedStream> opening = Client.OpenAsync(port, TestContext.Current.CancellationToken).AsTask();
        IncomingForward incoming = (await Server.AcceptAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(port, incoming.Port);
        ForwardedStream far = incoming.Accept();
        return (await opening, far);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
