using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Fairlead.Lab.Tests.Kit;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Lab.Tests;

public sealed class ExecTests
{
    const int Bulk = 64 * 1024 * 1024;

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -TERM $$", 143)]
    [InlineData("kill -KILL $$", 137)]
    [InlineData("kill -PIPE $$", 141)]
    public async Task Ends_with_the_exit_code(string script, int expected)
    {
        await using Room room = new();
        await using TestClient client = room.Sh(script);

        Status status = await client.Status;

        Assert.True(status.TryGetExitCode(out int code));
        Assert.Equal(expected, code);
    }

    [Fact]
    public async Task Keeps_the_two_outputs_apart()
    {
        await using Room room = new();
        await using TestClient client = room.Sh("echo out; echo err >&2");

        Assert.True((await client.Status).IsSuccess);
        Assert.Equal("out\n", await client.StandardOutput);
        Assert.Equal("err\n", await client.StandardError);
    }

    [Theory]
    [InlineData("nope", 127, "exec: \"nope\": executable file not found in $PATH")]
    [InlineData("/etc/passwd", 126, "exec: \"/etc/passwd\": permission denied")]
    [InlineData("/no/such/file", 127, "exec: \"/no/such/file\": no such file or directory")]
    [InlineData("/etc", 126, "exec: \"/etc\": is a directory")]
    public async Task Says_why_a_command_cannot_be_run(string command, int expected, string text)
    {
        await using Room room = new();
        foreach (bool tty in new[] { false, true })
        {
            await using TestClient client = room.Exec(new RemoteCommandRequest { Command = [command], Stdout = true, Stderr = !tty, Tty = tty });

            Status status = await client.Status;

            Assert.True(status.TryGetExitCode(out int code));
            Assert.Equal(expected, code);
            Assert.EndsWith(text, status.Message, StringComparison.Ordinal);
            Assert.Equal(text + "\n", tty ? await client.StandardOutput : await client.StandardError);
        }
    }

    [Fact]
    public async Task Says_that_a_program_has_no_known_format()
    {
        string file = Path.GetTempFileName();
        ExecutableFile.Write(file, "neither binary nor script");
        await using Room room = new();
        await using TestClient client = room.Exec(new RemoteCommandRequest { Command = [file], Stderr = true });

        (await client.Status).TryGetExitCode(out int code);

        Assert.Equal(126, code);
        Assert.Contains("format error", await client.StandardError, StringComparison.OrdinalIgnoreCase);
        File.Delete(file);
    }

    [Fact]
    public async Task Says_that_the_working_directory_is_missing()
    {
        await using Room room = new(workingDirectory: "/no/such/place");
        await using TestClient client = room.Sh("true");

        Status status = await client.Status;

        Assert.Contains("\"/no/such/place\"", status.Message, StringComparison.Ordinal);
        Assert.False(status.IsSuccess);
    }

    [Fact]
    public async Task Starts_in_the_working_directory_with_the_containers_environment()
    {
        await using Room room = new(workingDirectory: "/usr");
        await using TestClient client = room.Sh("pwd; echo $HOSTNAME $COLOUR; env | grep -c DOTNET; echo ${TERM-none}");

        await client.Status;

        Assert.Equal("/usr\ndemo blue\n0\nnone\n", await client.StandardOutput);
    }

    [Fact]
    public async Task Starts_with_default_signals_and_only_three_descriptors()
    {
        await using Room room = new();
        await using TestClient client = room.Sh("grep -E 'Sig(Ign|Blk)' /proc/self/status | cut -f2; ls /proc/self/fd | wc -l");

        await client.Status;

        string[] lines = (await client.StandardOutput).Split('\n');
        Assert.Equal("0000000000000000", lines[0]);
        Assert.Equal(0UL, Convert.ToUInt64(lines[1], 16) & ~0x1_8000_0000UL); // 32 and 33 are the C library's own
        Assert.Equal("4", lines[2]); // the fourth is ls reading the directory
    }

    [Fact]
    public async Task Half_close_ends_the_commands_input()
    {
        await using Room room = new();
        await using TestClient client = room.Exec(new RemoteCommandRequest { Command = ["wc", "-c"], Stdin = true, Stdout = true });

        await client.TypeAsync("abc");
        await client.StandardInput.CompleteAsync();

        Assert.True((await client.Status).IsSuccess);
        Assert.Equal("3", (await client.StandardOutput).Trim());
    }

    [Fact]
    public async Task Output_closed_by_the_command_does_not_cut_its_input()
    {
        await using Room room = new();
        string file = Path.GetTempFileName();
        await using TestClient client = room.Sh($"echo first; exec 1>&- 2>&-; cat > {file}", stdin: true);

        await client.SeeAsync("first");
        await client.TypeAsync("late");
        await client.StandardInput.CompleteAsync();

        Assert.True((await client.Status).IsSuccess);
        Assert.Equal("late", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        File.Delete(file);
    }

    [Fact]
    public async Task Input_closed_by_the_command_is_no_error()
    {
        await using Room room = new();
        await using TestClient client = room.Sh("exec 0<&-; echo closed; sleep 0.3; echo done", stdin: true);

        await client.SeeAsync("closed");
        byte[] block = new byte[16 * 1024];
        FlushResult result;
        do result = await client.StandardInput.WriteAsync(block, TestContext.Current.CancellationToken);
        while (!result.IsCompleted);

        Assert.True((await client.Status).IsSuccess);
        Assert.EndsWith("done\n", await client.StandardOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unread_input_does_not_hold_up_the_end()
    {
        await using Room room = new();
        await using TestClient client = room.Sh("echo ready; sleep 0.2; exit 3", stdin: true);
        Task writing = FillAsync(client.StandardInput);

        (await client.Status).TryGetExitCode(out int code);

        Assert.Equal(3, code);
        await writing;

        static async Task FillAsync(PipeWriter writer)
        {
            byte[] block = new byte[16 * 1024];
            while (!(await writer.WriteAsync(block)).IsCompleted) { }
        }
    }

    [Fact]
    public async Task Moves_bulk_both_ways_unchanged()
    {
        await using Room room = new();
        await using TestClient client = room.Exec(new RemoteCommandRequest { Command = ["cat"], Stdin = true, Stdout = true }, collect: false);
        using IncrementalHash sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256), received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long count = 0;

        Task writing = WriteAsync();
        while (true)
        {
            ReadResult result = await client.Output.ReadAsync(TestContext.Current.CancellationToken);
            foreach (ReadOnlyMemory<byte> part in result.Buffer) received.AppendData(part.Span);
            count += result.Buffer.Length;
            client.Output.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }

        await writing;
        Assert.True((await client.Status).IsSuccess);
        Assert.Equal(Bulk, count);
        Assert.Equal(sent.GetHashAndReset(), received.GetHashAndReset());

        async Task WriteAsync()
        {
            Random random = new(7);
            byte[] block = new byte[32 * 1024];
            for (int done = 0; done < Bulk; done += block.Length)
            {
                random.NextBytes(block);
                sent.AppendData(block);
                await client.StandardInput.WriteAsync(block);
            }

            await client.StandardInput.CompleteAsync();
        }
    }

    [Fact]
    public async Task A_slow_client_gets_all_output_also_after_the_draining_time()
    {
        await using Room room = new(new ProcessRuntimeOptions { DrainTime = TimeSpan.FromMilliseconds(50) });
        await using TestClient client = room.Exec(
            new RemoteCommandRequest { Command = ["sh", "-c", "head -c 300000 /dev/zero; sleep 60 &"], Stdout = true }, collect: false);

        long count = 0;
        while (true)
        {
            ReadResult result = await client.Output.ReadAsync(TestContext.Current.CancellationToken);
            ReadOnlySequence<byte> some = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, 20_000));
            count += some.Length;
            client.Output.AdvanceTo(some.End);
            if (result.IsCompleted && some.Length == result.Buffer.Length) break;
            await Task.Delay(10, TestContext.Current.CancellationToken); // a reader of 2 MB/s
        }

        Assert.Equal(300_000, count);
    }

    [Fact]
    public async Task A_client_that_takes_no_more_of_one_output_does_not_hold_up_the_command()
    {
        await using Room room = new();
        await using TestClient client = room.Exec(
            new RemoteCommandRequest { Command = ["sh", "-c", "head -c 3000000 /dev/zero; exit 4"], Stdout = true }, collect: false);
        client.Adapter.TakeNoMore(RemoteChannel.StandardOutput);

        (await client.Status).TryGetExitCode(out int code);

        Assert.Equal(4, code);
    }
}
