using Fairlead.Streaming.PortForward;
using Fairlead.Testing;
using Fairlead.Upgrades.PortForward;
using Fairlead.Wire.PortForward;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Upgrades.Tests;

/// <summary>A carrier for each connection: what happens to those in reserve is not the others' business.</summary>
public sealed class SingleCarriersTests
{
    readonly FakeTimeProvider _time = new();
    readonly List<Carrier> _dialled = [];
    Exception? _refusal;
    int _dials;

    [Fact, Trait("Case", "C5")]
    public async Task A_spare_that_cannot_be_opened_is_given_up_alone()
    {
        await using SingleCarriers carriers = Create();
        _refusal = new InvalidOperationException("no credentials");
        await carriers.ConnectAsync(80, Ct); // takes the first; the one behind it is refused
        await DialsAsync(1);
        Assert.False(carriers.Ended.IsCompleted);
        await Assert.ThrowsAsync<InvalidOperationException>(() => carriers.ConnectAsync(80, Ct)); // asked for, and told
        Assert.False(carriers.Ended.IsCompleted);
        _refusal = null;
        await carriers.ConnectAsync(80, Ct);
        Assert.False(carriers.Ended.IsCompleted);
    }

    [Fact]
    public async Task Without_a_reserve_only_what_is_asked_for_is_dialled()
    {
        await using SingleCarriers carriers = Create(reserve: false);
        for (int i = 0; i < 3; i++) await carriers.ConnectAsync(80, Ct);
        Assert.Equal(2, await SettledAsync()); // the first was there
        Assert.False(carriers.Ended.IsCompleted);
    }

    [Fact, Trait("Case", "C5")]
    public async Task A_refused_spare_is_not_asked_for_in_a_loop()
    {
        await using SingleCarriers carriers = Create();
        _refusal = new UpgradeException("enough", System.Net.HttpStatusCode.TooManyRequests, null);
        await carriers.ConnectAsync(80, Ct);
        await DialsAsync(1);
        for (int i = 0; i < 20; i++) await Assert.ThrowsAsync<UpgradeException>(() => carriers.ConnectAsync(80, Ct));
        Assert.Equal(21, Volatile.Read(ref _dials)); // only what was asked for
        _time.Advance(SparePause.First);
        await Assert.ThrowsAsync<UpgradeException>(() => carriers.ConnectAsync(80, Ct));
        await Eventually.HoldsAsync(() => Volatile.Read(ref _dials) > 22, "a spare is tried again after a pause", cancellationToken: Ct);
        int tried = await SettledAsync();
        _time.Advance(SparePause.First); // it has become longer
        await Assert.ThrowsAsync<UpgradeException>(() => carriers.ConnectAsync(80, Ct));
        Assert.Equal(tried + 1, await SettledAsync());
    }

    [Fact, Trait("Case", "C5")]
    public async Task A_spare_that_is_lost_is_noticed_and_touches_no_connection()
    {
        await using SingleCarriers carriers = Create();
        await carriers.ConnectAsync(80, Ct);
        await DialsAsync(1);
        Carrier used = _dialled[0], spare = _dialled[1];
        await Eventually.HoldsAsync(() => spare.IsWatched, "the spare is kept", cancellationToken: Ct);
        spare.Abort(new SessionLostException(SessionLoss.ConnectionBroken, "idle for too long"));
        Assert.Equal("idle for too long", (await carriers.Ended.WaitAsync(Eventually.Patience, Ct))?.Message);
        Assert.False(used.IsDisposed);
    }

    [Fact, Trait("Case", "C5")]
    public async Task Without_a_spare_the_last_connections_loss_is_noticed()
    {
        await using SingleCarriers carriers = Create();
        _refusal = new HttpRequestException("refused");
        await carriers.ConnectAsync(80, Ct);
        await DialsAsync(1);
        _dialled[0].Abort(new SessionLostException(SessionLoss.ConnectionBroken, "broken"));
        Assert.Equal("broken", (await carriers.Ended.WaitAsync(Eventually.Patience, Ct))?.Message);
    }

    [Fact, Trait("Case", "C5")]
    public async Task A_spare_that_was_lost_unnoticed_costs_a_connection_nothing()
    {
        await using SingleCarriers carriers = Create();
        _dialled[0].OpensBroken = true;
        await carriers.ConnectAsync(80, Ct);
        Assert.False(carriers.Ended.IsCompleted);
    }

    SingleCarriers Create(bool reserve = true)
    {
        Carrier first = new();
        _dialled.Add(first);
        return new SingleCarriers(first, 80, DialAsync, reserve, _time);
    }

    Task<PortForwardAdapter> DialAsync(int port, CancellationToken cancellationToken)
    {
        lock (_dialled)
        {
            _dials++;
            if (_refusal is not null) return Task.FromException<PortForwardAdapter>(_refusal);
            Carrier carrier = new();
            _dialled.Add(carrier);
            return Task.FromResult<PortForwardAdapter>(carrier);
        }
    }

    Task DialsAsync(int count) => Eventually.HoldsAsync(() => Volatile.Read(ref _dials) == count, $"{count} dials", cancellationToken: Ct);

    /// <summary>The number of dials when none has come for a moment.</summary>
    async Task<int> SettledAsync()
    {
        int seen = -1;
        await Eventually.HoldsAsync(() => seen == (seen = Volatile.Read(ref _dials)), "the dials have stopped", cancellationToken: Ct);
        return seen;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    sealed class Carrier : PortForwardAdapter
    {
        readonly TaskCompletionSource<SessionLostException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal bool OpensBroken { get; set; }

        internal bool IsWatched { get; private set; }

        internal bool IsDisposed { get; private set; }

        public override PortForwardProtocol Protocol => PortForwardProtocol.Direct;

        public override Task<SessionLostException?> Ended
        {
            get
            {
                IsWatched = true;
                return _ended.Task;
            }
        }

        public override ValueTask<ForwardedStream> OpenAsync(int port, CancellationToken cancellationToken = default) =>
            OpensBroken ? throw new SessionLostException(SessionLoss.ConnectionBroken, "broken") : new((ForwardedStream)null!); // nobody reads it

        public override ValueTask CloseAsync() => DisposeAsync();

        public override void Abort(SessionLostException reason) => _ended.TrySetResult(reason);

        public override ValueTask DisposeAsync()
        {
            _ended.TrySetResult(null);
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
