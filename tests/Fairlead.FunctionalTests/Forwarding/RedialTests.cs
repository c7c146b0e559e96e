using Fairlead.Client.Forwarding;
using System.Net.Sockets;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.FunctionalTests.Forwarding;

/// <summary>A forward whose carrier or pod goes.</summary>
public sealed class RedialTests : IAsyncLifetime
{
    readonly LoopbackListener _server = new();
    readonly EventLog _events = new();
    ForwardedLab _lab = null!;

    public static TheoryData<string> Forms => ForwardedLab.Forms;

    public async ValueTask InitializeAsync() => _lab = await ForwardedLab.StartAsync(Ct);

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        _server.Dispose();
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task After_a_cut_the_next_connection_succeeds(string form)
    {
        await using PortForward forward = await _lab.ForwardAsync(_server.Port, Options() with { Connection = ForwardedLab.Only(form) });
        for (int i = 0; i < 5; i++)
        {
            using Socket cut = await TcpPeer.ConnectAsync(forward);
            await cut.SendAsync("1");
            using Socket server = await _server.AcceptAsync(Ct);
            await server.ReadAsync(1);

            _lab.Proxy.Cut(i % 2 == 0 ? CutKind.Reset : CutKind.Fin);
            await cut.ExpectResetAsync();
            await server.ExpectResetAsync();

            using Socket next = await TcpPeer.ConnectAsync(forward); // at once: it waits for the new carrier
            await next.SendAsync("2");
            using Socket nextServer = await _server.AcceptAsync(Ct);
            Assert.Equal("2", await nextServer.ReadAsync(1));
            if (form == PortForwardProtocol.Direct.Name) continue; // where the spare was still being dialled, only connections were lost
            Assert.NotNull((await _events.NextAsync(ForwardEventKind.CarrierLost)).Error);
            await _events.NextAsync(ForwardEventKind.Redialled);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Each_dial_looks_the_pod_up_anew_until_one_succeeds()
    {
        using LoopbackListener other = new();
        int calls = 0;
        await using PortForward forward = await _lab.Client.ForwardResolvedAsync(
            (again, _) => Task.FromResult((again, ++calls) switch
            {
                (false, _) => new ForwardTarget(ForwardedLab.Pod, [_server.Port]),
                (true, < 4) => throw new InvalidOperationException("no pod is ready"),
                _ => new ForwardTarget(ForwardedLab.Pod, [other.Port]),
            }),
            [LocalListener.Tcp(0)], Options(), Ct);
        _lab.Proxy.Cut(CutKind.Reset);
        await _events.NextAsync(ForwardEventKind.CarrierLost);
        using Socket waiting = await TcpPeer.ConnectAsync(forward);
        Assert.Equal("no pod is ready", (await _events.NextAsync(ForwardEventKind.RedialFailed)).Error?.Message);
        await waiting.SendAsync("x");
        using Socket server = await other.AcceptAsync(Ct);
        Assert.Equal("x", await server.ReadAsync(1));
        Assert.Equal(other.Port, forward.Ports[0].Remote);
        Assert.Equal(4, calls);
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_forward_that_is_to_fail_fails_with_the_loss(string form)
    {
        await using PortForward forward = await _lab.ForwardAsync(_server.Port, Options() with { FailWhenLost = true, Connection = ForwardedLab.Only(form) });
        using Socket client = await TcpPeer.ConnectAsync(forward);
        await client.SendAsync("1");
        using Socket server = await _server.AcceptAsync(Ct);
        // Again, because a cut that comes while a spare is dialled loses the connection alone.
        await Eventually.HoldsAsync(
            () =>
            {
                _lab.Proxy.Cut(CutKind.Reset);
                return forward.Completion.IsCompleted;
            },
            "the forward has failed", cancellationToken: Ct);
        await Assert.ThrowsAsync<SessionLostException>(() => forward.Completion);
        await client.ExpectResetAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Redialling_ends_when_its_time_is_over_and_says_what_failed_last()
    {
        await using PortForward forward = await _lab.Client.ForwardResolvedAsync(
            (again, _) => again ? throw new InvalidOperationException("no pod is ready") : Task.FromResult(new ForwardTarget(ForwardedLab.Pod, [_server.Port])),
            [LocalListener.Tcp(0)], Options() with { RedialTimeout = TimeSpan.FromSeconds(1) }, Ct);
        _lab.Proxy.Cut(CutKind.Reset);
        await _events.NextAsync(ForwardEventKind.CarrierLost);
        using Socket waiting = await TcpPeer.ConnectAsync(forward);
        ServerUnreachableException given = await Assert.ThrowsAsync<ServerUnreachableException>(() => forward.Completion);
        Assert.Equal("no connection to the pod came within 1 s: no pod is ready", given.Message);
        await waiting.ExpectResetAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_that_waits_too_long_for_a_carrier_is_reset_and_the_forward_stays()
    {
        TaskCompletionSource<ForwardTarget> found = new();
        ForwardTarget target = new(ForwardedLab.Pod, [_server.Port]);
        await using PortForward forward = await _lab.Client.ForwardResolvedAsync(
            (again, token) => again ? found.Task.WaitAsync(token) : Task.FromResult(target),
            [LocalListener.Tcp(0)], Options() with { ConnectTimeout = TimeSpan.FromSeconds(1) }, Ct);
        _lab.Proxy.Cut(CutKind.Reset);
        await _events.NextAsync(ForwardEventKind.CarrierLost);
        using (Socket waiting = await TcpPeer.ConnectAsync(forward)) await waiting.ExpectResetAsync();
        Assert.Equal("no answer from the pod within 1 s", (await _events.NextAsync(ForwardEventKind.ConnectionRefused)).Error?.Message);
        found.SetResult(target);
        await _events.NextAsync(ForwardEventKind.Redialled);
        using Socket next = await TcpPeer.ConnectAsync(forward);
        await next.SendAsync("x");
        using Socket server = await _server.AcceptAsync(Ct);
        Assert.Equal("x", await server.ReadAsync(1));
    }

    /// <summary>The limit is the pod's. A person who signs in, or a slow plugin, is not the pod.</summary>
    [Fact(Timeout = 60_000), Trait("Case", "C20")]
    public async Task A_connection_that_needs_new_credentials_waits_for_them_beyond_its_limit()
    {
        SocketsHttpHandler? handler = null;
        TaskCompletionSource fetching = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isSlow = false;
        using KubernetesEndpoint plain = KubeConfigEndpoint.Load(new KubeConfigOptions { Path = Path.Combine(_lab.Folder, "kubeconfig"), Configure = made => handler = made });
        using StreamingClient client = new(new KubernetesEndpoint(plain.Server, handler!)
        {
            Authorize = async (request, renew, cancellationToken) =>
            {
                if (Volatile.Read(ref isSlow)) fetching.TrySetResult();
                if (Volatile.Read(ref isSlow)) await go.Task.WaitAsync(cancellationToken);
                await plain.Authorize!(request, renew, cancellationToken);
            },
        });
        FakeTimeProvider time = new();
        ForwardOptions options = Options() with { Connection = ForwardedLab.Only(PortForwardProtocol.Tunnel.Name), Time = time }; // one carrier, none in reserve
        await using PortForward forward = await client.ForwardAsync(ForwardedLab.Pod, [new(local: 0, remote: _server.Port)], options, Ct);

        Volatile.Write(ref isSlow, true);
        _lab.Proxy.Cut(CutKind.Reset);
        await fetching.Task.WaitAsync(Eventually.Patience, Ct);
        using Socket waiting = await TcpPeer.ConnectAsync(forward);
        for (int i = 0; i < 10; i++) time.Advance(TimeSpan.FromMinutes(1));
        go.SetResult();
        await waiting.SendAsync("x");
        using Socket server = await _server.AcceptAsync(Ct).WaitAsync(Eventually.Patience, Ct);
        Assert.Equal("x", await server.ReadAsync(1));
    }

    ForwardOptions Options() => new() { Addresses = ["127.0.0.1"], Observer = _events.Add, FirstRedialDelay = TimeSpan.FromMilliseconds(20) };

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
