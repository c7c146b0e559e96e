using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Sessions;
using Fairlead.Streaming.Relays;
using Fairlead.Testing;
using Fairlead.Wire;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>A watch lives as long as its session, whatever becomes of its questions.</summary>
public sealed class SessionWatchTests : IDisposable
{
    static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    readonly FakeTimeProvider _time = new();
    readonly TaskCompletionSource<Status> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly LogRecorder _logged = new();
    int _asked;

    public void Dispose() => _logged.Dispose();

    /// <summary>What can come of a question but an answer.</summary>
    public static TheoryData<string> Failures => ["not asked", "credentials", "cancelled", "unreachable", "out of range", "hangs"];

    [Theory, MemberData(nameof(Failures)), Trait("Case", "C4")]
    public async Task Nobody_to_ask_is_no_revocation_and_ends_the_session_by_its_name_after_the_grace(string failure)
    {
        await using SessionWatch watch = Watch(Options(), token => Fail(failure, token));
        long began = _time.GetTimestamp();
        Status end = await AdvanceAsync();
        Assert.Equal("CouldNotBeAsked", end.Reason);
        Assert.InRange(_time.GetElapsedTime(began), s_every + TimeSpan.FromMinutes(5), s_every + TimeSpan.FromMinutes(45)); // time passes while a thread is waited for
        Assert.InRange(Volatile.Read(ref _asked), 2, 100); // again and again, and not in a loop
    }

    [Theory, MemberData(nameof(Failures)), Trait("Case", "C4")]
    public async Task The_other_limits_go_on_while_nobody_can_be_asked(string failure)
    {
        await using SessionWatch watch = Watch(Options() with { MaxSessionAge = TimeSpan.FromMinutes(3) }, token => Fail(failure, token));
        Status end = await AdvanceAsync();
        Assert.Equal("MaxSessionAge", end.Reason);
    }

    [Theory, MemberData(nameof(Failures)), Trait("Case", "C4")]
    public async Task An_answer_within_the_grace_ends_it(string failure)
    {
        int answers = 0;
        await using SessionWatch watch = Watch(
            Options() with { MaxSessionAge = TimeSpan.FromHours(1) },
            token => _asked % 3 != 0 ? Fail(failure, token) : Task.FromResult<CreateAnswer>(answers++ < 100 ? CreateAnswer.Allowed.Instance : No));
        Status end = await AdvanceAsync();
        Assert.Equal("MaxSessionAge", end.Reason);
        Assert.True(answers > 1);
    }

    [Fact, Trait("Case", "C4")]
    public async Task An_explicit_no_ends_the_session_at_once_also_within_the_grace()
    {
        await using SessionWatch watch = Watch(Options(), token => _asked < 3 ? Fail("unreachable", token) : Task.FromResult<CreateAnswer>(No));
        Status end = await AdvanceAsync();
        Assert.Equal(("AuthorizationRevoked", 3), (end.Reason, _asked));
    }

    [Fact, Trait("Case", "C4")]
    public async Task A_session_that_ends_while_it_is_asked_about_waits_for_nobody()
    {
        SessionWatch watch = Watch(Options(), token => Fail("hangs", token));
        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Volatile.Read(ref _asked) > 0;
        }, "it is asked", cancellationToken: Ct);
        await watch.DisposeAsync().AsTask().WaitAsync(Eventually.Patience, Ct);
        Assert.False(_ended.Task.IsCompleted);
    }

    static CreateAnswer.Refused No => new(Status.Refusal(403, "Forbidden", "no"));

    static Task<CreateAnswer> Fail(string how, CancellationToken cancellationToken) => how switch
    {
        "not asked" => Task.FromResult<CreateAnswer>(new CreateAnswer.CouldNotBeAsked(Status.Refusal(503, "ServiceUnavailable", "away"))),
        "credentials" => throw new InvalidOperationException("the credential plugin failed"),
        "cancelled" => Task.FromException<CreateAnswer>(new OperationCanceledException("by somebody else")),
        "unreachable" => Task.FromException<CreateAnswer>(new HttpRequestException("refused")),
        "out of range" => Task.FromException<CreateAnswer>(new NotSupportedException("never thought of")),
        _ => new TaskCompletionSource<CreateAnswer>().Task, // and does not look at its token
    };

    SessionWatch Watch(GatewayOptions options, Func<CancellationToken, Task<CreateAnswer>> ask) => new(
        new RelayTraffic(_time), options,
        cancellationToken =>
        {
            Interlocked.Increment(ref _asked);
            return ask(cancellationToken);
        },
        reason => _ended.TrySetResult(reason), _logged.CreateLogger("Fairlead.Gateway"), CancellationToken.None);

    GatewayOptions Options() => new() { Upstream = null!, Clock = _time, ReauthorizeEvery = s_every };

    /// <summary>Lets time pass until the session was ended.</summary>
    async Task<Status> AdvanceAsync()
    {
        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            return _ended.Task.IsCompleted;
        }, "the session is ended", cancellationToken: Ct);
        return await _ended.Task;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
