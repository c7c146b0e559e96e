namespace Fairlead.InteropTests.Resumption;

/// <summary>A terminal whose screen can be read: a tmux of its own, with one window and no status line.</summary>
sealed class TmuxTerminal : IAsyncDisposable
{
    const string Tmux = "/usr/bin/tmux";

    readonly string _folder;

    TmuxTerminal(string folder) => _folder = folder;

    public static bool IsHere => File.Exists(Tmux);

    /// <summary>Runs a command on a terminal of this size.</summary>
    public static async Task<TmuxTerminal> StartAsync(int columns, int rows, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        TmuxTerminal terminal = new(Directory.CreateTempSubdirectory("fairlead-tmux-").FullName);
        await File.WriteAllTextAsync(
            Path.Combine(terminal._folder, "conf"), "set -g status off\nset -g default-terminal screen\nset -g remain-on-exit on\n", cancellationToken);
        try
        {
            await terminal.RunAsync(["-f", Path.Combine(terminal._folder, "conf"), "new-session", "-d", "-x", $"{columns}", "-y", $"{rows}", .. command], cancellationToken);
            return terminal;
        }
        catch
        {
            await terminal.DisposeAsync();
            throw;
        }
    }

    /// <summary>Types text as it is.</summary>
    public Task TypeAsync(string text, CancellationToken cancellationToken) => RunAsync(["send-keys", "-l", text], cancellationToken);

    /// <summary>Presses keys by tmux' names of them.</summary>
    public Task PressAsync(CancellationToken cancellationToken, params string[] keys) => RunAsync(["send-keys", .. keys], cancellationToken);

    /// <summary>What the screen shows, without spaces at the ends of lines; with what has left it above, on demand.</summary>
    public async Task<string> ScreenAsync(CancellationToken cancellationToken, bool withHistory = false)
    {
        string text = await RunAsync(["capture-pane", "-p", .. withHistory ? new[] { "-S", "-" } : []], cancellationToken);
        return string.Join('\n', text.Split('\n').Select(static line => line.TrimEnd(' ')));
    }

    /// <summary>Waits until the screen is as it should be, and presses keys before each look where there are any.</summary>
    public async Task<string> ShowsAsync(Func<string, bool> isRight, string what, CancellationToken cancellationToken, params string[] keys)
    {
        string screen = "";
        try
        {
            await Eventually.HoldsAsync(async () =>
            {
                if (keys.Length > 0) await PressAsync(cancellationToken, keys);
                return isRight(screen = await ScreenAsync(cancellationToken));
            }, what, cancellationToken: cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; the screen shows:\n{screen}", e);
        }

        return screen;
    }

    /// <summary>Waits until the command has ended.</summary>
    /// <remarks>Asks tmux, which under load does not always get to drawing its "Pane is dead" on the screen.</remarks>
    public Task EndsAsync(CancellationToken cancellationToken) => Eventually.HoldsAsync(
        async () => (await RunAsync(["display-message", "-p", "#{pane_dead}"], cancellationToken)).Trim() == "1", "the command has ended",
        cancellationToken: cancellationToken);

    async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        RunResult result = await RunningProcess.RunAsync(
            Tmux, ["-S", Path.Combine(_folder, "socket"), .. arguments],
            options: new RunOptions { Environment = new Dictionary<string, string?> { ["TMUX"] = null, ["LC_ALL"] = "C.UTF-8" } }, cancellationToken: cancellationToken);
        return result.ExitCode == 0 ? result.Stdout : throw new InvalidOperationException($"tmux: {result}");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await RunAsync(["kill-server"], CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            // it has not begun
        }

        Directory.Delete(_folder, recursive: true);
    }
}
