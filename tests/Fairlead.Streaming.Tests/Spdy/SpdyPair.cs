using System.Net.Sockets;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Spdy;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests.Spdy;

/// <summary>Both ends of one session over a real loopback connection, without HTTP in front.</summary>
sealed class SpdyPair : IAsyncDisposable
{
    SpdyPair(AskingSession client, AnsweringSession server) => (Client, Server) = (client, server);

    internal AskingSession Client { get; }

    internal AnsweringSession Server { get; }

    internal static async Task<SpdyPair> OpenAsync(
        RemoteCommandProtocol? protocol = null, RemoteCommandRequest? request = null, CarrierLimits? clientLimits = null, CarrierLimits? serverLimits = null,
        int? socketBuffers = null)
    {
        (Socket client, Socket server) = await SessionPair.ConnectAsync();
        if (socketBuffers is { } size) client.ReceiveBufferSize = client.SendBufferSize = server.ReceiveBufferSize = server.SendBufferSize = size;
        protocol ??= RemoteCommandProtocol.SpdyV4;
        request ??= SessionPair.AllPipes;
        Task<SpdyRemoteCommand> answering = SpdyRemoteCommand.AnswerAsync(
            new NetworkStream(server, ownsSocket: true), protocol, request, serverLimits ?? CarrierLimits.Default, () => server.Close(0));
        Task<SpdyRemoteCommand> asking = SpdyRemoteCommand.AskAsync(
            new NetworkStream(client, ownsSocket: true), protocol, request, clientLimits ?? CarrierLimits.Default);
        await Task.WhenAll(answering, asking);
        return new SpdyPair(new AskingSession(await asking, request), new AnsweringSession(await answering, request));
    }

    /// <summary>Ends the server's side as an endpoint does: the status, the close, and then the connection goes.</summary>
    internal async Task EndAsync(Status status)
    {
        await Server.EndAsync(status);
        await Server.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
