using System.Net.Sockets;
using Fairlead.Server.Ports;
using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.Spdy.PortForward;
using Fairlead.Streaming.WebSockets;
using Fairlead.Streaming.WebSockets.Conversations;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.Server.Tests.Fakes;

/// <summary>A client that has asked for a connection, and a port that is reached when the test says so.</summary>
sealed class ForwardScene : IAsyncDisposable
{
    const int Port = 80;

    readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _clientGivesUp = new();
    readonly PortForwardAdapter _client;
    readonly PortForwardAcceptor _acceptor;
    readonly PortForwardRun _run;
    readonly Task<ForwardedStream> _opening;
    readonly Socket _pod, _server;

    ForwardScene(PortForwardProtocol form, (Socket Client, Socket Server) carrier, (Socket Pod, Socket Server) port)
    {
        (_pod, _server) = port;
        NetworkStream asking = new(carrier.Client, ownsSocket: true), answering = new(carrier.Server, ownsSocket: true);
        CarrierLimits limits = CarrierLimits.Default;
        void Cut() => carrier.Server.Close(0);
        if (form.HasChannels) (_client, _acceptor) = (new ChannelPortForward(asking, form, Port, limits), new ChannelAcceptor(answering, form, [Port], limits, Cut));
        else if (form == PortForwardProtocol.Conversations)
            (_client, _acceptor) = (new ConversationPortForward(asking, limits), new ConversationAcceptor(answering, limits, Cut));
        else if (form == PortForwardProtocol.Direct) (_client, _acceptor) = (new DirectPortForward(asking, limits), new DirectAcceptor(answering, limits, Cut));
        else (_client, _acceptor) = (new SpdyPortForward(asking, form, limits), new SpdyForwardAcceptor(answering, form, limits, Cut));
        _run = new PortForwardRun(_acceptor, ConnectAsync, "default", "demo", TimeSpan.FromMinutes(5), Log);
        Running = _run.RunAsync();
        _opening = _client.OpenAsync(Port, _clientGivesUp.Token).AsTask();
    }

    internal LogRecorder Log { get; } = new();

    /// <summary>Set when the port is to be reached, whatever became of the client meanwhile.</summary>
    internal TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when nobody needs the way to the port any more.</summary>
    internal Task GivenUp => _givenUp.Task;

    internal Task Running { get; }

    /// <summary>Returns when the server is on its way to the port.</summary>
    internal static async Task<ForwardScene> OpenAsync(string form, CancellationToken cancellationToken)
    {
        PortForwardProtocol protocol = PortForwardProtocol.All.First(known => known.Description == form);
        ForwardScene scene = new(protocol, await ConnectedAsync(cancellationToken), await ConnectedAsync(cancellationToken));
        await scene._asked.Task.WaitAsync(Eventually.Patience, cancellationToken);
        return scene;
    }

    /// <summary>Cuts the carrier.</summary>
    internal void LoseClient() => _client.Abort(new SessionLostException(SessionLoss.LocalAbort, "The test has no more use for it."));

    /// <summary>Aborts the connection alone; where the client has none before the port was reached, it stops waiting for one.</summary>
    internal async Task AbortConnectionAsync()
    {
        if (_client.Protocol == PortForwardProtocol.Direct || _client.Protocol == PortForwardProtocol.Conversations) await _clientGivesUp.CancelAsync();
        else (await _opening.WaitAsync(Eventually.Patience)).Abort();
    }

    /// <summary>The pod sees a reset, never an end.</summary>
    internal async Task AssertPodIsResetAsync(CancellationToken cancellationToken)
    {
        Task<int> receiving = _pod.ReceiveAsync(new byte[1], SocketFlags.None, cancellationToken).AsTask();
        SocketException reset = await Assert.ThrowsAsync<SocketException>(() => receiving.WaitAsync(Eventually.Patience, cancellationToken));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    async ValueTask<ForwardedStream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), _givenUp);
        _asked.TrySetResult();
        await Reached.Task;
        return new SocketForwardedStream(_server);
    }

    static async Task<(Socket, Socket)> ConnectedAsync(CancellationToken cancellationToken)
    {
        using LoopbackListener listener = new();
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.EndPoint, cancellationToken);
        return (client, await listener.AcceptAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Reached.TrySetCanceled();
        await _client.DisposeAsync();
        await ((Task)_opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // what a test wants to know of these it asks itself
        await Running.WaitAsync(Eventually.Patience);
        _run.Dispose();
        await _acceptor.DisposeAsync();
        _clientGivesUp.Dispose();
        _pod.Dispose();
        _server.Dispose();
    }
}
