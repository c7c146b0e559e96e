using System.IO.Pipelines;
using Fairlead.Lab.Tests.Kit;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Lab.Tests;

public sealed class AttachTests
{
    const string Echo = "while read line; do echo got:$line; done; echo bye; exit 3";
    const string Stdin = "\"stdin\": true";

    [Fact]
    public async Task Two_clients_see_the_same_output_and_share_the_input()
    {
        await using OnePod pod = new(Echo, Stdin);
        await using TestClient one = pod.Attach(stdin: true), two = pod.Attach(stdin: true);

        await one.TypeAsync("one\n");
        await one.SeeAsync("got:one");
        await two.SeeAsync("got:one");
        await two.TypeAsync("two\n");
        await one.SeeAsync("got:two");
        await two.SeeAsync("got:two");
    }

    [Fact]
    public async Task Begins_with_what_is_printed_from_now_on()
    {
        await using OnePod pod = new("echo before; read x; echo after; exit 3", Stdin);
        await Eventually.HoldsAsync(() => pod.LogAsync().Result == "before\n", "the log is written", cancellationToken: TestContext.Current.CancellationToken);
        await using TestClient client = pod.Attach(stdin: true);

        await client.TypeAsync("\n");

        Assert.True((await client.Status).IsSuccess); // whatever the container's exit code
        Assert.Equal("after\n", await client.StandardOutput);
    }

    [Fact]
    public async Task End_of_input_detaches_one_client_alone()
    {
        await using OnePod pod = new(Echo, Stdin);
        await using TestClient one = pod.Attach(stdin: true), two = pod.Attach(stdin: true);

        await one.StandardInput.CompleteAsync();

        Assert.True((await one.Status).IsSuccess);
        await two.TypeAsync("still\n");
        await two.SeeAsync("got:still");
    }

    [Fact]
    public async Task With_stdin_once_the_first_end_of_input_is_the_containers()
    {
        await using OnePod pod = new(Echo, Stdin + ", \"stdinOnce\": true");
        await using TestClient one = pod.Attach(stdin: true), two = pod.Attach();

        await one.TypeAsync("last\n");
        await one.StandardInput.CompleteAsync();

        Assert.True((await one.Status).IsSuccess);
        Assert.Equal("got:last\nbye\n", await one.StandardOutput);
        Assert.True((await two.Status).IsSuccess);
        Assert.Equal("got:last\nbye\n", await two.StandardOutput);
    }

    [Fact]
    public async Task A_lost_client_is_just_detached()
    {
        await using OnePod pod = new(Echo, Stdin + ", \"stdinOnce\": true");
        await using TestClient one = pod.Attach(stdin: true), two = pod.Attach(stdin: true);

        one.Lose();

        Assert.False((await one.Status).IsSuccess);
        await two.TypeAsync("still\n");
        await two.SeeAsync("got:still");
    }

    [Fact]
    public async Task A_client_that_stops_reading_is_cut_off_alone_and_told_how_far_it_was_behind()
    {
        await using OnePod pod = new(
            "read x; i=0; while [ $i -lt 60 ]; do head -c 10000 /dev/zero; i=$((i+1)); done; echo end; exec sleep 987",
            Stdin,
            options: OnePod.Quick with { LogSize = 100_000, FollowerPatience = TimeSpan.FromMilliseconds(200) });
        await using TestClient reads = pod.Attach(stdin: true);
        TestClient stops = pod.Attach(collect: false);
        await Eventually.HoldsAsync(() => pod.Container.IsRunning, "the container runs", cancellationToken: TestContext.Current.CancellationToken);

        await reads.TypeAsync("\n");

        await reads.SeeAsync("end");
        Assert.False(reads.Status.IsCompleted);
        long count = await DrainAsync(stops.Output);
        Status status = await stops.Status;
        Assert.False(status.IsSuccess);
        Assert.Matches("the client fell [0-9]+ bytes behind", status.Message);
        Assert.InRange(count, 1, 599_999);
        await stops.DisposeAsync();

        static async Task<long> DrainAsync(PipeReader reader)
        {
            long count = 0;
            await Task.Delay(1500); // it reads nothing while the others see all of it
            while (true)
            {
                ReadResult result = await reader.ReadAsync();
                count += result.Buffer.Length;
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return count;
            }
        }
    }

    [Fact]
    public async Task A_slow_client_that_goes_on_reading_gets_all()
    {
        await using OnePod pod = new(
            "read x; i=0; while [ $i -lt 60 ]; do head -c 10000 /dev/zero; i=$((i+1)); done",
            Stdin,
            options: OnePod.Quick with { LogSize = 100_000, FollowerPatience = TimeSpan.FromSeconds(20) });
        await using TestClient client = pod.Attach(stdin: true, collect: false);

        await client.TypeAsync("\n");
        long count = 0;
        while (true)
        {
            ReadResult result = await client.Output.ReadAsync(TestContext.Current.CancellationToken);
            count += result.Buffer.Length;
            client.Output.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
            await Task.Delay(5, TestContext.Current.CancellationToken); // slower than the process
        }

        Assert.Equal(600_000, count);
        Assert.True((await client.Status).IsSuccess);
    }

    [Fact]
    public async Task The_newest_client_decides_the_terminals_size()
    {
        await using OnePod pod = new("stty -echo; while read x; do stty size; done", Stdin + ", \"tty\": true");
        await using TestClient one = pod.Attach(stdin: true, new TerminalSize(80, 24));
        await AskAsync(one, "24 80");
        await using TestClient two = pod.Attach(stdin: true, new TerminalSize(100, 30));
        await AskAsync(two, "30 100");
        one.Send(new TerminalSize(81, 25));
        await AskAsync(one, "30 100");

        await two.StandardInput.CompleteAsync();
        Assert.True((await two.Status).IsSuccess);

        await AskAsync(one, "25 81");

        static async Task AskAsync(TestClient client, string expected)
        {
            for (int i = 0; i < 50 && !client.Seen.Contains(expected, StringComparison.Ordinal); i++)
            {
                await client.TypeAsync("\n");
                await Task.Delay(20); // the pace of a typist
            }

            await client.SeeAsync(expected);
        }
    }

    [Fact]
    public async Task Input_without_stdin_in_the_manifest_is_dropped()
    {
        await using OnePod pod = new("exec sleep 987");
        await using TestClient client = pod.Attach(stdin: true);

        await client.TypeAsync("nobody reads this");
        FlushResult result;
        do result = await client.StandardInput.WriteAsync(new byte[1], TestContext.Current.CancellationToken);
        while (!result.IsCompleted);

        Assert.False(client.Status.IsCompleted);
    }
}
