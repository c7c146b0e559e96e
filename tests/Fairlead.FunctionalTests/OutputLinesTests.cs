using TestLab = Fairlead.Lab.Testing.Lab;

namespace Fairlead.FunctionalTests;

/// <summary>Outputs as lines, and an input as a stream: what a program of a user's does with a command's text.</summary>
[Trait("Case", "D2")]
public sealed class OutputLinesTests : IAsyncLifetime
{
    static readonly PodReference s_demo = new("demo", Container: "web");

    TestLab _lab = null!;
    StreamingClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _lab = await TestLab.StartAsync(cancellationToken: Ct);
        _client = _lab.CreateClient();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    Task<RemoteProcess> ShellAsync(string script, ExecOptions? options = null) => _client.ExecAsync(s_demo, ["sh", "-c", script], options, Ct);

    [Fact]
    public async Task Lines_of_both_outputs_come_each_with_its_source()
    {
        await using RemoteProcess run = await ShellAsync("echo one; echo two >&2; printf 'three\\r\\n\\nf\\303\\274nf'; exit 4");
        List<(bool IsError, string Line)> lines = [];
        await foreach ((bool IsError, string Line) line in run.ReadLinesAsync(cancellationToken: Ct)) lines.Add(line);
        Assert.Equal(["one", "three", "", "fünf"], lines.Where(static one => !one.IsError).Select(static one => one.Line));
        Assert.Equal(["two"], lines.Where(static one => one.IsError).Select(static one => one.Line));
        Assert.Equal(4, (await run.WaitForExitAsync(Ct)).Code);
    }

    [Fact]
    public async Task Neither_output_holds_up_the_other()
    {
        await using RemoteProcess run = await ShellAsync("seq 300000 >&2; echo between; seq 300000; echo end >&2");
        int errors = 0, outputs = 0;
        await foreach ((bool isError, string _) in run.ReadLinesAsync(cancellationToken: Ct)) _ = isError ? errors++ : outputs++;
        Assert.Equal((300_001, 300_001), (errors, outputs));
        Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact]
    public async Task Who_stops_early_drops_the_rest_and_learns_the_exit()
    {
        await using RemoteProcess run = await ShellAsync("echo first; seq 1000000; seq 1000000 >&2; exit 5");
        await foreach ((bool _, string line) in run.ReadLinesAsync(cancellationToken: Ct))
        {
            Assert.Equal("first", line);
            break;
        }

        Assert.Equal(5, (await run.WaitForExitAsync(Ct)).Code);
    }

    [Fact]
    public async Task A_loss_is_told_behind_the_lines_that_had_come()
    {
        await using RemoteProcess run = await ShellAsync("echo out; echo err >&2; printf unfinished; sleep 1000");
        List<string> lines = [];
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(async () =>
        {
            await foreach ((bool _, string line) in run.ReadLinesAsync(cancellationToken: Ct))
            {
                lines.Add(line);
                if (lines.Count == 2) _lab.CutConnections();
            }
        });
        Assert.Equal(SessionLoss.ConnectionBroken, lost.Kind);
        Assert.Equal(["err", "out"], lines.Order());
    }

    [Fact]
    public async Task A_line_without_an_end_is_refused_when_it_is_too_long()
    {
        await using RemoteProcess run = await ShellAsync("echo short; head -c 2000000 /dev/zero; sleep 1000");
        OutputLimitException given = await Assert.ThrowsAsync<OutputLimitException>(async () =>
        {
            await foreach ((bool _, string line) in run.ReadLinesAsync(cancellationToken: Ct)) Assert.Equal("short", line);
        });
        Assert.Equal(1024 * 1024, given.MostBytes);
    }

    [Fact]
    public async Task One_output_alone_can_be_read_by_lines_and_a_terminal_too()
    {
        await using RemoteProcess run = await ShellAsync("echo 1; echo 2; echo 3 >&2");
        List<string> lines = [];
        await foreach (string line in run.StandardOutput.ReadLinesAsync(cancellationToken: Ct)) lines.Add(line);
        Assert.Equal(["1", "2"], lines);
        Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);

        await using RemoteProcess terminal = await ShellAsync("echo typed", new() { Tty = true });
        List<(bool, string)> shown = [];
        await foreach ((bool, string) line in terminal.ReadLinesAsync(cancellationToken: Ct)) shown.Add(line);
        Assert.Equal([(false, "typed")], shown);
    }

    [Fact]
    public async Task A_cancelled_wait_for_a_line_leaves_the_session()
    {
        await using RemoteProcess run = await ShellAsync("cat", new() { Stdin = true });
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach ((bool, string) _ in run.ReadLinesAsync(cancellationToken: soon.Token)) Assert.Fail("nothing was written");
        });
        await run.StandardInput.CompleteAsync();
        Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact]
    public async Task The_input_is_a_stream_too_and_disposing_it_is_its_end()
    {
        await using RemoteProcess run = await ShellAsync("wc -c", new() { Stdin = true });
        Task<string> count = run.StandardOutput.ReadToEndAsync(cancellationToken: Ct);
        await using (Stream input = run.StandardInput.AsStream())
        await using (StreamWriter text = new(input)) await text.WriteAsync("abc");
        Assert.Equal("3", (await count).Trim());
        Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);

        await using RemoteProcess lines = await _client.ExecAsync(s_demo, ["sort"], new() { Stdin = true }, Ct);
        Task<string> sorted = lines.StandardOutput.ReadToEndAsync(cancellationToken: Ct);
        using (StreamWriter text = new(lines.StandardInput.AsStream())) text.Write("b\na\n"); // as older code does it, all by blocking
        Assert.Equal("a\nb\n", await sorted);
    }
}
