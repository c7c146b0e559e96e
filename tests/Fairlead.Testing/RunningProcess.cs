using System.Diagnostics;
using Fairlead.Testing.Native;

namespace Fairlead.Testing;

/// <summary>A child process of a test: its outputs are read all the time, and disposing ends it with everything below it.</summary>
public sealed class RunningProcess : IAsyncDisposable
{
    readonly Process _process;

    RunningProcess(Process process, RunOptions options)
    {
        _process = process;
        Stderr = new CapturedText(process.StandardError.BaseStream, options.CaptureLimit);
        if (!options.RawStdout) Stdout = new CapturedText(process.StandardOutput.BaseStream, options.CaptureLimit);
        if (!options.Stdin) process.StandardInput.Close();
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Its input; disposing it is its end of input.</summary>
    public Stream StandardInput => _process.StandardInput.BaseStream;

    /// <summary>Its output as it comes, where <see cref="RunOptions.RawStdout"/> was asked for.</summary>
    public Stream StandardOutput => Stdout is null ? _process.StandardOutput.BaseStream : throw new InvalidOperationException("The output is captured: see Stdout.");

    /// <summary>Its captured output; null with <see cref="RunOptions.RawStdout"/>.</summary>
    public CapturedText? Stdout { get; }

    /// <summary>Its captured error output.</summary>
    public CapturedText Stderr { get; }

    /// <summary>True when it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a command.</summary>
    public static RunningProcess Start(string file, IEnumerable<string> arguments, RunOptions? options = null)
    {
        options ??= new();
        ProcessStartInfo start = new(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = options.WorkingDirectory ?? Repository.Root,
        };
        foreach ((string name, string? value) in options.Environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        return new RunningProcess(Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start."), options);
    }

    /// <summary>Runs a command to its end.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its whole input, or null for none.</param>
    /// <param name="options">How it starts.</param>
    /// <param name="cancellationToken">Ends the wait and the process.</param>
    public static async Task<RunResult> RunAsync(
        string file, IEnumerable<string> arguments, ReadOnlyMemory<byte>? input = null, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = (options ?? new()) with { Stdin = input is not null };
        await using RunningProcess process = Start(file, arguments, options);
        if (input is { } bytes)
        {
            try
            {
                await process.StandardInput.WriteAsync(bytes, cancellationToken);
                await process.StandardInput.DisposeAsync();
            }
            catch (IOException)
            {
                // it ended without reading all of it, which a command may do; its exit code tells
            }
        }

        int code = await process.WaitForExitAsync(cancellationToken);
        return new RunResult(code, process.Stdout?.Text ?? "", process.Stderr.Text);
    }

    /// <summary>Waits for its end and for the end of its captured outputs.</summary>
    /// <returns>Its exit code; 128 plus the number of a signal that ended it.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken = default)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await Stderr.Completion.WaitAsync(cancellationToken);
        if (Stdout is not null) await Stdout.Completion.WaitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Waits for its end alone: what it has started may go on, and hold its outputs open.</summary>
    /// <returns>As <see cref="WaitForExitAsync"/>.</returns>
    public async Task<int> WaitForItselfAsync(CancellationToken cancellationToken = default)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Sends a signal to the process alone.</summary>
    /// <returns>False when it has ended already.</returns>
    public bool Signal(int number) => !_process.HasExited && Signals.Send(_process.Id, number);

    /// <summary>Asks it to end (SIGTERM) and waits.</summary>
    public async Task<int> TerminateAsync(CancellationToken cancellationToken = default)
    {
        Signal(Signals.Terminate);
        return await WaitForExitAsync(cancellationToken);
    }

    /// <summary>Ends it and all its descendants at once.</summary>
    public void KillTree() => _process.Kill(entireProcessTree: true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            KillTree();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
