using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Resumption;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Streaming.Resumption.Asking;
using Fairlead.Testing;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>A server of sessions on loopback, without HTTP in front, and a proxy that cuts between it and its client.</summary>
sealed class ResumedRoom : IAsyncDisposable
{
    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly TaskCompletionSource<AnsweringSession> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<Task> _served = [];
    readonly Task _accepting;
    readonly Func<AnsweringSession, Task>? _run;
    readonly KeepLimits _limits;
    int _started;

    /// <param name="limits">The server's.</param>
    /// <param name="proxy">What the proxy does.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="carrier">The bounds of each connection.</param>
    /// <param name="run">Runs each session, which is disposed then; null where the test runs the one that it begins.</param>
    internal ResumedRoom(
        KeepLimits? limits = null, FaultProxyOptions? proxy = null, RemoteCommandRequest? request = null, CarrierLimits? carrier = null, Func<AnsweringSession, Task>? run = null)
    {
        _run = run;
        Request = request ?? SessionPair.AllPipes;
        Carrier = carrier ?? CarrierLimits.Default;
        _limits = limits ?? KeepLimits.Default;
        Server = new ResumableCommands(_limits);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Proxy = new FaultProxy(_listener.LocalEndPoint!, proxy);
        _accepting = AcceptAsync();
    }

    internal RemoteCommandRequest Request { get; }

    internal CarrierLimits Carrier { get; }

    internal ResumableCommands Server { get; private set; }

    internal FaultProxy Proxy { get; }

    internal IPEndPoint Direct => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>How many sessions have begun.</summary>
    internal int Started => Volatile.Read(ref _started);

    /// <summary>The first session that begins.</summary>
    internal Task<AnsweringSession> Begun => _begun.Task;

    internal ResumeWays Ways(Action<ResumeEvent>? told = null, TimeSpan? patience = null, IPEndPoint? to = null, ResumptionLimits? limits = null) => new()
    {
        Dial = async token => await ConnectAsync(to ?? Proxy.EndPoint, token),
        MayPass = static failure => failure is SocketException,
        Told = told,
        Patience = patience ?? Timeout.InfiniteTimeSpan,
        Limits = limits ?? ResumptionLimits.Default,
    };

    internal async Task<AskingSession> AskAsync(ResumeWays? ways = null, IPEndPoint? first = null)
    {
        ways ??= Ways();
        Stream stream = await ConnectAsync(first ?? Proxy.EndPoint, TestContext.Current.CancellationToken);
        return new AskingSession(await AskingResumable.AskAsync(stream, Request, Carrier, ways, TestContext.Current.CancellationToken), Request);
    }

    /// <summary>The server's next process: all that is left of its one session is what was saved of it.</summary>
    /// <param name="session">The session, which nobody reads or writes; disposed.</param>
    /// <param name="spoil">Changes what was saved.</param>
    internal async Task<AnsweringSession> RestartAsync(AnsweringSession session, Func<byte[], byte[]>? spoil = null)
    {
        Server.Suspend();
        Assert.True(session.Suspending.IsCancellationRequested);
        Assert.True(await session.DetachAsync());
        using MemoryStream saved = new();
        await using (BinaryWriter writer = new(saved)) session.Save(writer);
        await session.DisposeAsync();
        Server = new ResumableCommands(_limits);
        using BinaryReader reader = new(new MemoryStream(spoil is null ? saved.ToArray() : spoil(saved.ToArray())));
        return Server.Restore(reader, Request, Carrier, Befallen.Enqueue);
    }

    /// <summary>What the server told of its sessions.</summary>
    internal ConcurrentQueue<KeepEvent> Befallen { get; } = new();

    /// <summary>Drops what is held of sessions that are over, for a test that counts what a server holds of them.</summary>
    internal void Forget()
    {
        Befallen.Clear();
        lock (_served) _served.RemoveAll(static each => each.IsCompletedSuccessfully);
    }

    async Task RunAsync(AnsweringSession session)
    {
        await Task.Yield();
        await using (session) await _run!(session);
    }

    static async Task<Stream> ConnectAsync(IPEndPoint to, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(to, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                Task serving = Server.ServeAsync(new NetworkStream(socket, ownsSocket: true), Request, "here", "alice", Carrier, () => socket.Close(0), session =>
                {
                    Interlocked.Increment(ref _started);
                    if (_run is null) _begun.TrySetResult(session);
                    else _ = RunAsync(session);
                }, Befallen.Enqueue);
                lock (_served) _served.Add(serving);
            }
        }
        catch (SocketException)
        {
            // the room is disposed
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _accepting;
        await Proxy.DisposeAsync();
        if (_begun.Task.IsCompletedSuccessfully) await _begun.Task.Result.DisposeAsync();
        await Task.WhenAll(_served);
    }
}
