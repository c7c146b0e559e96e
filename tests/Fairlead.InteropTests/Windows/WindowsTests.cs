using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Fairlead.InteropTests.Windows;

/// <summary>
/// The command for Windows, run by wine: exec, attach to a console, cp and port-forward. What wine 8 cannot do is skipped by its name, with what
/// was seen of it.
/// </summary>
public sealed partial class WindowsTests(WindowsFixture windows) : IClassFixture<WindowsFixture>
{
    const string Long = "a build for Windows and wine take minutes: ./test --full";
    const int Limit = 180_000, Bulk = 50_000_000;

    public static bool IsFull => Repository.IsFull;

    Task<RunResult> RunAsync(params string[] arguments)
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        return windows.RunAsync(arguments);
    }

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task A_command_s_output_errors_and_code()
    {
        RunResult run = await RunAsync("exec", "demo", "-c", "web", "--", "sh", "-c", "printf 'h\u00e9llo \u65e5\u672c\\n'; echo wrong >&2; exit 7");
        Assert.Equal((7, "h\u00e9llo \u65e5\u672c\n"), (run.ExitCode, run.Stdout));
        Assert.StartsWith("wrong\n", run.Stderr, StringComparison.Ordinal);
        RunResult version = await RunAsync("version", "-o", "json");
        Assert.Contains("\"platform\": \"win-x64\"", version.Stdout, StringComparison.Ordinal);
    }

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task Input_has_its_end()
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        foreach (string input in (string[])["abc", ""])
        {
            RunResult run = await windows.RunAsync(["exec", "-i", "demo", "-c", "web", "--", "wc", "-c"], Encoding.ASCII.GetBytes(input));
            Assert.Equal((0, $"{input.Length}"), (run.ExitCode, run.Stdout.Trim()));
        }
    }

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task Fifty_megabytes_each_way()
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        (string path, string hash) = await windows.Lab.WriteRandomFileAsync("windows-bulk", Bulk, 20, TestContext.Current.CancellationToken);
        RunResult up = await windows.RunAsync(["exec", "-i", "demo", "-c", "web", "--", "sha256sum"], await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        Assert.StartsWith(hash, up.Stdout, StringComparison.OrdinalIgnoreCase);

        await using RunningProcess down = RunningProcess.Start(windows.Wine, [WindowsFixture.Program, "exec", "demo", "-c", "web", "--", "cat", path], windows.Options with { RawStdout = true });
        byte[] arrived = await SHA256.HashDataAsync(down.StandardOutput, TestContext.Current.CancellationToken);
        Assert.Equal(hash, Convert.ToHexStringLower(arrived), ignoreCase: true);
        Assert.Equal(0, await down.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task A_reader_that_goes_ends_the_command()
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        RunResult run = await RunningProcess.RunAsync("bash",
            ["-c", "\"$@\" | head -n 1; echo ${PIPESTATUS[0]}", "bash", windows.Wine, WindowsFixture.Program, "exec", "demo", "-c", "web", "--", "yes"],
            options: windows.Options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("y\n141\n", run.Stdout);
    }

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task A_console_has_its_size_and_its_keys()
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        Assert.SkipUnless(PseudoTerminal.IsHere, "script, which makes the terminal, is not installed");
        // wine leaves the terminal as it is: what would be a key of a real console has to be one here.
        string line = $"stty rows 33 cols 101 raw -echo && exec '{windows.Wine}' '{WindowsFixture.Program}' exec -itq demo -c web -- " +
            "sh -c 'sleep 1; stty size; stty raw -echo; printf \"\\346\\227\\245\\346\\234\\254\\n\"; echo ready; head -c 7 | od -An -tx1'";
        await using RunningProcess process = RunningProcess.Start("/usr/bin/script", ["-qefc", line, "/dev/null"], windows.Options with { Stdin = true });
        await process.Stdout!.ContainsAsync("ready", TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync((byte[])[0x1b, (byte)'[', (byte)'A', 0xc3, 0xa9, 0x04, (byte)'x'], TestContext.Current.CancellationToken);
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Contains("33 101", process.Stdout.Text, StringComparison.Ordinal);
        Assert.Contains("\u65e5\u672c", process.Stdout.Text, StringComparison.Ordinal);
        Assert.Contains("1b 5b 41 c3 a9 04 78", process.Stdout.Text, StringComparison.Ordinal);
    }

    /// <summary>A command at a console that a terminal of this machine shows, and whoever sits at it.</summary>
    RunningProcess StartAtConsole(ConsoleSeat seat, string arguments, params KeyValuePair<string, string?>[] environment)
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        Assert.SkipUnless(PseudoTerminal.IsHere, "script, which makes the terminal, is not installed");
        string line = $"stty rows 33 cols 101 && exec '{windows.Wine}' '{WindowsFixture.Program}' {arguments}";
        RunOptions options = windows.Options with { Stdin = true };
        return RunningProcess.Start("/usr/bin/script", ["-qefc", line, "/dev/null"],
            options with { Environment = new Dictionary<string, string?>([.. options.Environment, .. seat.Environment, .. environment]) });
    }

    /// <summary>wine 8's console does not hear of a terminal that was resized (seen: SIGWINCH, and no record of a window in 30 s): the window is resized by Windows' own call.</summary>
    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task A_console_that_is_resized()
    {
        using ConsoleSeat seat = new();
        await using RunningProcess process = StartAtConsole(seat,
            "exec -itq demo -c web -- sh -c 'trap \"stty size; exit 6\" WINCH; echo ready; while :; do sleep 0.1; done'");
        await process.Stdout!.ContainsAsync("ready", TestContext.Current.CancellationToken);
        await seat.DoAsync("size 87 29");
        Assert.Equal(6, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Contains("29 87", process.Stdout.Text, StringComparison.Ordinal);
    }

    /// <summary>wine 8's console hands Ctrl-C of a terminal to nobody in raw mode (seen: the bytes 01 02 04 arrive, 03 does not): the key is pressed by Windows' own call.</summary>
    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task Ctrl_C_is_the_remote_side_s_in_a_terminal()
    {
        using ConsoleSeat seat = new();
        await using RunningProcess process = StartAtConsole(seat,
            "exec -itq demo -c web -- sh -c 'trap \"echo interrupted; exit 5\" INT; echo ready; while :; do sleep 0.1; done'");
        await process.Stdout!.ContainsAsync("ready", TestContext.Current.CancellationToken);
        await seat.DoAsync("key 67 3 8");
        Assert.Equal(5, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Contains("interrupted", process.Stdout.Text, StringComparison.Ordinal);
    }

    /// <summary>
    /// Ctrl-C is left to Windows' own handler, which ends a process with 0xC000013A. wine 8's says what it does, and ends it with 0: so its words
    /// are looked for, and the code is not.
    /// </summary>
    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task Ctrl_C_ends_a_command_without_a_terminal()
    {
        using ConsoleSeat seat = new();
        await using RunningProcess process = StartAtConsole(seat, "exec demo -c web -- sh -c 'echo ready; exec sleep 1000'", KeyValuePair.Create<string, string?>("WINEDEBUG", "-all,fixme+console"));
        await process.Stdout!.ContainsAsync("ready", TestContext.Current.CancellationToken);
        await seat.BeginAsync("interrupt");
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Matches("default_ctrl_handler Terminating process [0-9a-f]+ on event 0", process.Stdout.Text);
    }

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task Copies_both_ways_and_what_Windows_cannot_hold()
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        string root = Directory.CreateTempSubdirectory("fairlead-windows-").FullName, source = Path.Combine(root, "source");
        try
        {
            Directory.CreateDirectory(source + "/aux");
            Directory.CreateDirectory(source + "/d");
            foreach (string name in (string[])["A", "a", "with space", "x:y", "end.", "zw\u00f6lf \u65e5\u672c", "aux/in", "d/deep"]) await File.WriteAllTextAsync($"{source}/{name}", name, TestContext.Current.CancellationToken);
            File.CreateSymbolicLink(source + "/link", "A");

            RunResult down = await windows.RunAsync(["cp", $"demo:{source}", WindowsFixture.There(root) + @"\here", "-c", "web"]);
            Assert.Equal(1, down.ExitCode);
            Assert.Equal(["A", "d/deep", "with space", "zw\u00f6lf \u65e5\u672c"], Files(root + "/here"));
            foreach (string refused in (string[])["aux was not", "aux/in was not", "x:y was not", "end. was not", "a was not", "link was not"])
                Assert.Contains($"error: {refused} copied", down.Stderr, StringComparison.Ordinal);

            RunResult up = await windows.RunAsync(["cp", WindowsFixture.There(root) + @"\here", $"demo:{root}/back", "-c", "web"]);
            Assert.Equal(0, up.ExitCode);
            Assert.Equal(Files(root + "/here"), Files(root + "/back"));
            foreach (string name in Files(root + "/back")) Assert.Equal(name, await File.ReadAllTextAsync($"{root}/back/{name}", TestContext.Current.CancellationToken));

            // One file each way takes a name beside folders.
            RunResult one = await windows.RunAsync(["cp", $"demo:{source}/A", WindowsFixture.There(root) + @"\one", "-c", "web"]);
            Assert.True(one.ExitCode == 0, one.ToString());
            Assert.Equal("A", await File.ReadAllTextAsync(root + "/one", TestContext.Current.CancellationToken));
            one = await windows.RunAsync(["cp", WindowsFixture.There(root) + @"\one", $"demo:{root}/one.back", "-c", "web"]);
            Assert.True(one.ExitCode == 0, one.ToString());
            Assert.Equal("A", await File.ReadAllTextAsync(root + "/one.back", TestContext.Current.CancellationToken));

            RunResult device = await windows.RunAsync(["cp", $"demo:{source}/A", "nul", "-c", "web"]);
            Assert.Contains("NUL is a device's name on Windows", device.Stderr, StringComparison.Ordinal);
            Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(root), static left => Path.GetFileName(left).StartsWith(".fairlead-", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    static string[] Files(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task A_forwarded_port()
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using RunningProcess forward = RunningProcess.Start(windows.Wine, [WindowsFixture.Program, "port-forward", "demo", $":{port}"], windows.Options);
        string said = await forward.Stdout!.LineAsync("Forwarding from 127.0.0.1:", TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        int local = int.Parse(said.Split("127.0.0.1:")[1].Split(' ')[0], CultureInfo.InvariantCulture);

        // asked whole, end included, and answered only then
        byte[] question = RandomNumberGenerator.GetBytes(1_000_000);
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, local, TestContext.Current.CancellationToken);
        Task<TcpClient> accepting = listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken).AsTask();
        NetworkStream asking = client.GetStream();
        await asking.WriteAsync(question, TestContext.Current.CancellationToken);
        client.Client.Shutdown(SocketShutdown.Send);
        using (TcpClient accepted = await accepting)
        {
            byte[] hash = await SHA256.HashDataAsync(accepted.GetStream(), TestContext.Current.CancellationToken);
            await accepted.GetStream().WriteAsync(hash, TestContext.Current.CancellationToken);
        }

        using MemoryStream answer = new();
        await asking.CopyToAsync(answer, TestContext.Current.CancellationToken);
        Assert.Equal(SHA256.HashData(question), answer.ToArray());
    }

    [Fact(Skip = Long, SkipUnless = nameof(IsFull), Timeout = Limit)]
    public async Task The_kubeconfig_of_USERPROFILE()
    {
        Assert.SkipWhen(windows.Missing is not null, windows.Missing ?? "");
        string home = Path.Combine(windows.Lab.Folder, "windows-home");
        Directory.CreateDirectory(home + "/.kube");
        File.Copy(windows.Kubeconfig, home + "/.kube/config", overwrite: true);
        string line = $"set KUBECONFIG=&& set USERPROFILE={WindowsFixture.There(home)}&& {WindowsFixture.There(WindowsFixture.Program)} exec demo -c web -- echo by-userprofile";
        RunResult run = await RunningProcess.RunAsync(windows.Wine, ["cmd", "/c", line], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("by-userprofile", run.Stdout, StringComparison.Ordinal);
    }
}
