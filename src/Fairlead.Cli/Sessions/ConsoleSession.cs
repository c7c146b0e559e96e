using Fairlead.Cli.Native;
using Fairlead.Cli.Terminals;

namespace Fairlead.Cli.Sessions;

/// <summary>Joins a remote process to this process's standard streams and terminal until it ends.</summary>
static class ConsoleSession
{
    /// <summary>Runs all pumps at once. The terminal is as it was when this returns or throws.</summary>
    /// <param name="process">The remote process; stays the caller's.</param>
    /// <param name="options">What it was asked for.</param>
    /// <param name="redraw">Makes the remote program draw itself anew: for attach.</param>
    /// <param name="keys">What leaves a session with a terminal when it is typed; null for nothing.</param>
    /// <param name="notice">Tells of losses of the connection; where it has, a terminal's Ctrl-C gives the session up.</param>
    /// <returns>Null where it was left by these keys.</returns>
    public static async Task<ExitStatus?> RunAsync(
        RemoteProcess process, ExecOptions options, bool redraw, DetachKeys? keys, ResumeNotice notice)
    {
        if (!options.Tty)
        {
            try
            {
                return await PumpAsync(process, options, null, null, null);
            }
            finally
            {
                notice.End();
            }
        }

        using ITerminal terminal = OperatingSystem.IsWindows() ? WindowsTerminal.Enter() : RawTerminal.Enter();
        await using WindowSizes sizes = await WindowSizes.StartAsync(terminal, process.ResizeAsync, redraw);
        if (StandardStreams.OutputIsTerminal && options.Resume != TimeSpan.Zero && !notice.IsQuiet)
            notice.Screen = new ScreenNotice(StandardStreams.OpenOutput(), () => terminal.Size?.Width ?? 80);
        notice.Redraw = sizes.Redraw;
        try
        {
            return await PumpAsync(process, options, terminal.Input, keys, notice);
        }
        finally
        {
            notice.End(); // while the terminal is the session's yet
        }
    }

    static async Task<ExitStatus?> PumpAsync(
        RemoteProcess process, ExecOptions options, Stream? typed, DetachKeys? keys, ResumeNotice? notice)
    {
        Task output = options.Stdout
            ? OutputPump.Start("stdout", process.StandardOutput, StandardStreams.OpenOutput(), notice?.Screen).Completion
            : Task.CompletedTask;
        Task error = options.Stderr
            ? OutputPump.Start("stderr", process.StandardError, StandardStreams.OpenError()).Completion
            : Task.CompletedTask;
        using InputPump? input = options.Stdin
            ? InputPump.Start(
                typed ?? StandardStreams.OpenInput(), process.StandardInput, keys, notice is null ? null : () => notice.IsLost)
            : null;

        Task<ExitStatus> exit = process.WaitForExitAsync().AsTask();
        Task ended = Task.WhenAll(exit, output, error);
        Task failed = FirstFaultAsync(output, error, input?.Completion ?? Task.CompletedTask);
        Task first = await Task.WhenAny(ended, failed, input?.Detached ?? failed, input?.GivenUp ?? failed);
        if (first == input?.GivenUp) process.Abort("It was given up while its connection was lost.");
        if (first == input?.Detached)
        {
            process.Abort("The session was left by its detach keys.");
            await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // what is lost by leaving is known
            return null;
        }

        if (failed.IsFaulted && !exit.IsCompleted)
        {
            process.Abort("The command line's own input or output failed.");
            await failed;
        }

        ExitStatus status = await exit; // first: a lost session is the better explanation of whatever else failed
        await ended;
        return status;
    }

    /// <summary>Faults as soon as one of the tasks does.</summary>
    static async Task FirstFaultAsync(params Task[] tasks)
    {
        await foreach (Task task in Task.WhenEach(tasks)) await task;
    }
}
