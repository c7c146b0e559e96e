using System.IO.Pipelines;
using System.Text;
using Fairlead.Server.Commands;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Wire;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests.Commands;

/// <summary>Every order in which a command ends, is lost, is stopped, is drained and fails, without a process and by a clock of the test's.</summary>
[Trait("Case", "C19")]
public sealed class CommandSessionTests : IAsyncDisposable
{
    static readonly RemoteCommandRequest s_plain = new() { Command = ["run"], Stdin = true, Stdout = true, Stderr = true };
    static readonly RemoteCommandRequest s_terminal = new() { Command = ["run"], Stdin = true, Stdout = true, Tty = true };

    readonly FakeTimeProvider _time = new();
    readonly LogRecorder _log = new();
    readonly FakeCommand _command = new();
    CommandKeeper? _keeper;

    CommandKeeper Keeper => _keeper ??= KeeperOf(new CommandOptions());

    CommandKeeper KeeperOf(CommandOptions options) => new(options, _log, _time);

    TestClient Client(RemoteCommandRequest? request = null, FakeCommand? command = null, TerminalSize? size = null) =>
        new(request ?? s_plain, session => Keeper.RunAsync(session, command ?? _command), size);

    [Fact]
    public async Task An_exit_ends_the_session_with_its_code_after_all_output()
    {
        await using TestClient client = Client();
        await _command.Out.PrintAsync("out");
        await _command.Err.PrintAsync("err");
        _command.Exit(3);
        Assert.Equal((3, "out", "err"), (await CodeAsync(client), await client.StandardOutput, await client.StandardError));
        await ExpectAsync("disposed");
    }

    [Fact]
    public async Task Input_and_its_end_arrive_and_sizes_too()
    {
        await using TestClient client = Client(s_terminal, size: new(80, 25));
        await client.TypeAsync("ab");
        await WaitAsync(() => _command.Done == "<ab", "the input has arrived");
        client.Send(new(90, 30));
        await WaitAsync(() => _command.Done == "<ab 90x30", "the size has arrived");
        await client.StandardInput.CompleteAsync();
        await WaitAsync(() => _command.Done == "<ab 90x30 eof", "the end has arrived");
        _command.Exit();
        Assert.Equal(0, await CodeAsync(client));
        Assert.Equal(new TerminalSize(80, 25), _command.FirstSize);
    }

    [Fact]
    public async Task A_first_size_that_does_not_come_is_waited_for_a_moment()
    {
        await using TestClient client = Client(s_terminal);
        _time.Advance(new CommandOptions().FirstSizeWait);
        _command.Exit();
        Assert.Equal(0, await CodeAsync(client));
        Assert.Null(_command.FirstSize);
    }

    [Theory]
    [InlineData(LostClientPolicy.Kill, "end+hup disposed")]
    [InlineData(LostClientPolicy.HangUp, "hup")]
    [InlineData(LostClientPolicy.Keep, "eof")]
    public async Task A_lost_client_is_answered_by_the_policy(LostClientPolicy policy, string done)
    {
        _keeper = KeeperOf(new CommandOptions { LostClient = policy });
        await using TestClient client = Client();
        client.Lose();
        Assert.Contains("the client was lost", Said(await client.Status), StringComparison.Ordinal);
        await ExpectAsync(done);
        if (policy == LostClientPolicy.Kill) return;
        Assert.False(_command.Exited.IsCompleted);
        await _keeper.DisposeAsync(); // what was kept is not forgotten
        Assert.Equal(done + " disposed", _command.Done);
    }

    [Fact]
    public async Task What_was_kept_is_forgotten_when_it_has_ended_and_let_go_of_its_output()
    {
        _keeper = KeeperOf(new CommandOptions { LostClient = LostClientPolicy.Keep });
        await using TestClient client = Client();
        client.Lose();
        await client.Status;
        _command.Exit(outputsEnd: false);
        Assert.DoesNotContain("disposed", _command.Done, StringComparison.Ordinal);
        await _command.Out.PrintAsync(new string('x', 100_000)); // is read and dropped
        await WaitAsync(() => _command.Out.Available == 0, "the output is dropped");
        _command.Out.End();
        _command.Err.End();
        await ExpectAsync("eof disposed");
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "end+hup disposed")]
    public async Task A_client_lost_during_the_start_leaves_nothing(bool canBeGivenUp, string done)
    {
        FakeCommand command = new() { Start = new(), CanBeGivenUp = canBeGivenUp };
        await using TestClient client = Client(command: command);
        client.Lose();
        if (!canBeGivenUp) command.Start.SetResult();
        Assert.Contains("the client was lost", Said(await client.Status), StringComparison.Ordinal);
        await WaitAsync(() => command.Done == done, done);
    }

    [Fact]
    public async Task A_command_that_cannot_be_started_is_told_as_a_shell_tells_it()
    {
        FakeCommand command = new() { StartFailure = new CommandStartException(CommandStartException.NotFound, "no such program") };
        await using TestClient client = Client(command: command);
        Assert.Equal((127, "no such program\n", ""), (await CodeAsync(client), await client.StandardError, command.Done));
    }

    [Fact]
    public async Task A_runtime_that_cannot_start_it_gives_the_status()
    {
        FakeCommand command = new() { StartFailure = new CommandStartException(Status.InternalError("it is away")) };
        await using TestClient client = Client(command: command);
        Assert.Contains("it is away", Said(await client.Status), StringComparison.Ordinal);
        Assert.Equal("", await client.StandardError);
    }

    [Fact]
    public async Task Output_that_a_child_holds_open_is_awaited_for_the_drain_time()
    {
        await using TestClient client = Client();
        _command.Exit(outputsEnd: false);
        await _command.Out.PrintAsync("late");
        await client.SeeAsync("late");
        await AdvanceUntilAsync(client.Status);
        Assert.Equal((0, "late"), (await CodeAsync(client), await client.StandardOutput));
        Assert.Equal("", _command.Done); // the child goes on, and its output is dropped
        _command.Out.End();
        _command.Err.End();
        await ExpectAsync("disposed");
    }

    [Fact]
    public async Task A_slow_client_gets_all_that_was_printed_however_long_it_takes()
    {
        await using TestClient client = new(s_plain, session => Keeper.RunAsync(session, _command), collect: false);
        _command.Out.Hidden = 10;
        await _command.Out.PrintAsync(new string('a', 200_000)); // more than the client has room for
        _command.Exit(outputsEnd: false);
        await WaitAsync(() => _command.Out.Available < 200_000, "the client's room is full");
        await WaitAsync(() => Keeper.Count == 1, "the session runs");
        Task<string> seen = ReadToEndAsync(client.Output);
        _command.Err.End();
        await AdvanceUntilAsync(seen);
        Assert.Equal(200_000, (await seen).Length);
        Assert.Equal(0, await CodeAsync(client));
    }

    [Fact]
    public async Task A_child_that_prints_for_ever_is_awaited_no_longer()
    {
        await using TestClient client = Client();
        _command.Out.Hidden = 10;
        _command.Exit(outputsEnd: false);
        _command.Err.End();
        await Eventually.HoldsAsync(
            async () =>
            {
                await _command.Out.PrintAsync("noise ");
                _time.Advance(TimeSpan.FromSeconds(1));
                return client.Status.IsCompleted;
            },
            "the session has ended",
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(0, await CodeAsync(client));
        _command.Out.End();
        await ExpectAsync("disposed");
    }

    [Fact]
    public async Task A_client_lost_while_output_is_drained_holds_up_nothing()
    {
        await using TestClient client = Client();
        _command.Exit(5, outputsEnd: false);
        await _command.Out.PrintAsync("x");
        await client.SeeAsync("x");
        client.Lose();
        Assert.Equal(5, await CodeAsync(client));
        _command.Out.End();
        _command.Err.End();
        await ExpectAsync("disposed");
    }

    [Fact]
    public async Task A_stop_asks_the_command_to_end_and_sends_its_last_words()
    {
        _command.OnEnd = async () =>
        {
            await _command.Out.PrintAsync("bye");
            _command.Exit(9, outputsEnd: false);
        };
        await using TestClient client = Client();
        await WaitAsync(() => Keeper.Count == 1, "the session runs");
        Task gone = Keeper.DisposeAsync().AsTask();
        Assert.Equal((9, "bye"), (await CodeAsync(client), await client.StandardOutput));
        await gone;
        Assert.Equal("end disposed", _command.Done);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_what_cannot_be_killed()
    {
        _command.OnEnd = static () => Task.CompletedTask;
        await using TestClient client = Client();
        Task gone = Keeper.DisposeAsync().AsTask();
        await AdvanceUntilAsync(gone);
        Assert.Contains("stopping", Said(await client.Status), StringComparison.Ordinal);
        Assert.EndsWith("disposed", _command.Done, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_during_the_start_starts_nothing()
    {
        FakeCommand command = new() { Start = new(), CanBeGivenUp = true };
        await using TestClient client = Client(command: command);
        await Keeper.DisposeAsync();
        Assert.Contains("stopping", Said(await client.Status), StringComparison.Ordinal);
        await using TestClient late = Client();
        Assert.Contains("stopping", Said(await late.Status), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_waits_for_a_start_that_cannot_be_given_up_and_ends_its_command()
    {
        FakeCommand command = new() { Start = new() };
        await using TestClient client = Client(command: command);
        Task gone = Keeper.DisposeAsync().AsTask();
        Assert.False(gone.IsCompleted);
        command.Start.SetResult();
        await gone;
        Assert.Equal((143, "end disposed"), (await CodeAsync(client), command.Done));
    }

    [Fact]
    public async Task An_output_that_cannot_be_read_ends_the_command_and_is_never_success()
    {
        await using TestClient client = Client();
        _command.Out.Failure = new IOException("the disk is gone");
        _command.Out.End();
        Assert.Contains("the disk is gone", Said(await client.Status), StringComparison.Ordinal);
        await ExpectAsync("end+hup disposed");
        Assert.Contains(_log.Entries, static entry => entry.Failure?.ToString().Contains("the disk is gone", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task An_output_that_fails_after_the_exit_is_no_success_either()
    {
        await using TestClient client = Client();
        _command.Exit(outputsEnd: false);
        _command.Out.Failure = new IOException("the disk is gone");
        _command.Out.End();
        _command.Err.End();
        Assert.Contains("the disk is gone", Said(await client.Status), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_input_that_is_not_taken_is_the_commands_right_and_another_fault_is_ours()
    {
        _command.InputFailure = new IOException("broken pipe");
        await using (TestClient client = Client())
        {
            await client.TypeAsync("x");
            _command.Exit();
            Assert.Equal(0, await CodeAsync(client));
        }

        FakeCommand other = new() { InputFailure = new InvalidOperationException("a fault of ours") };
        await using TestClient second = Client(command: other);
        await second.TypeAsync("x");
        Assert.Contains("a fault of ours", Said(await second.Status), StringComparison.Ordinal);
        await other.Disposed.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_command_that_could_not_be_ended_is_still_forgotten()
    {
        _command.OnEnd = static () => Task.FromException(new IOException("not allowed"));
        await using TestClient client = Client();
        client.Lose();
        Assert.Contains("not allowed", Said(await client.Status), StringComparison.Ordinal);
        _command.Exit();
        await ExpectAsync("end+hup disposed");
    }

    static async Task<string> ReadToEndAsync(PipeReader reader)
    {
        StringBuilder seen = new();
        while (true)
        {
            ReadResult result = await reader.ReadAsync(TestContext.Current.CancellationToken);
            seen.Append(Encoding.ASCII.GetString(result.Buffer));
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return seen.ToString();
        }
    }

    static string Said(Status status) => status.Said.ToString();

    static async Task<int?> CodeAsync(TestClient client) =>
        (await client.Status.WaitAsync(Eventually.Patience)).TryGetExitCode(out int code) ? code : null;

    Task ExpectAsync(string done) => WaitAsync(() => _command.Done == done, $"<{done}> was done, and was <{_command.Done}>");

    static Task WaitAsync(Func<bool> condition, string what) => Eventually.HoldsAsync(condition, what, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Time goes on in steps, as the waits that it ends may begin late.</summary>
    async Task AdvanceUntilAsync(Task done)
    {
        await Eventually.HoldsAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return done.IsCompleted;
            },
            "time is over",
            cancellationToken: TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _command.Exit();
        if (_keeper is not null) await _keeper.DisposeAsync();
        _log.Dispose();
    }
}
