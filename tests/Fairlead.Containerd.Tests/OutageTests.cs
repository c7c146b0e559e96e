using Fairlead.Containerd.Tasks;
using Fairlead.Testing;
using Fairlead.Testing.Containerd;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Containerd.Tests;

/// <summary>A containerd that is away while a command of its runs, which it does not need for that.</summary>
[Trait("Case", "C19")]
public sealed class OutageTests : IAsyncLifetime
{
    static readonly ExecReference s_exec = new("c1", "e1");

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fl-outage-");
    readonly FakeTimeProvider _time = new();
    ScriptedCri _cri = null!;
    GrpcChannel _channel = null!;
    ContainerdTasks _tasks = null!;
    int _asked;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        string socket = Path.Combine(_folder.FullName, "cri.sock");
        _cri = await ScriptedCri.StartAsync(socket, Ct);
        ScriptedPod.Teach(_cri);
        _channel = UnixSocketAddress.Parse(socket).CreateChannel();
        _tasks = new ContainerdTasks(_channel.Intercept(new CallDeadlines(TimeSpan.FromSeconds(30))), _time);
    }

    [Fact]
    public async Task It_is_waited_for_as_long_as_the_command_lives_and_however_often_it_is_away()
    {
        Leave();
        Task<int?> exit = _tasks.WaitAsync(s_exec, static () => true, Ct);
        for (int outage = 0; outage < 3; outage++)
        {
            await ForMinutesAsync(10);
            Assert.False(exit.IsCompleted);
            await ComeBackAsync();
            Leave();
        }

        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Wait", new WaitResponse { ExitStatus = 5 });
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Get", new GetResponse { Process = new() });
        await AdvanceUntilAsync(() => exit.IsCompleted, "the end is told");
        Assert.Equal(5, await exit);
    }

    [Fact]
    public async Task Where_the_command_has_ended_too_it_is_waited_for_half_a_minute()
    {
        Leave();
        Task<int?> exit = _tasks.WaitAsync(s_exec, static () => false, Ct);
        await AdvanceUntilAsync(() => exit.IsCompleted, "it is given up");
        await Assert.ThrowsAsync<RpcException>(() => exit);
    }

    /// <summary>Everything that is asked is refused as by a socket that nobody listens on.</summary>
    void Leave()
    {
        foreach (string call in (string[])["Wait", "Get"])
        {
            ScriptedPod.Refuse(_cri, ScriptedPod.Tasks + call, StatusCode.Unavailable, "away");
            Microsoft.AspNetCore.Http.RequestDelegate refuse = _cri.Calls[ScriptedPod.Tasks + call];
            _cri.Calls[ScriptedPod.Tasks + call] = context =>
            {
                Interlocked.Increment(ref _asked);
                return refuse(context);
            };
        }
    }

    /// <summary>It answers what becomes of the command with nothing, for that goes on; and is asked for its end.</summary>
    async Task ComeBackAsync()
    {
        TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Microsoft.AspNetCore.Http.RequestDelegate refuse = _cri.Calls[ScriptedPod.Tasks + "Wait"];
        _cri.Calls[ScriptedPod.Tasks + "Wait"] = context =>
        {
            waits.TrySetResult();
            return refuse(context);
        };
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Get", new GetResponse { Process = new() });
        await AdvanceUntilAsync(() => waits.Task.IsCompleted, "its end is asked for again");
    }

    /// <summary>So much time goes on while it is asked again and again.</summary>
    async Task ForMinutesAsync(int minutes)
    {
        for (int step = 0; step < 4; step++)
        {
            int asked = Volatile.Read(ref _asked);
            _time.Advance(TimeSpan.FromMinutes(minutes) / 4);
            await AdvanceUntilAsync(() => Volatile.Read(ref _asked) > asked, "it is asked again");
        }
    }

    Task AdvanceUntilAsync(Func<bool> condition, string what) => Eventually.HoldsAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return condition();
        },
        what,
        cancellationToken: Ct);

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _cri.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
