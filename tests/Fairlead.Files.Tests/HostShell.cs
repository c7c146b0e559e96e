using System.Diagnostics;
using System.IO.Pipelines;
using Fairlead.Files.Shells;

namespace Fairlead.Files.Tests;

/// <summary>A shell of this machine in the place of a container's.</summary>
sealed class HostShell : IShellProcess
{
    readonly Process _process;
    readonly Pipe _input = new();

    HostShell(Process process)
    {
        _process = process;
        _ = PumpAsync();
        Output = PipeReader.Create(process.StandardOutput.BaseStream);
        Errors = PipeReader.Create(process.StandardError.BaseStream);
    }

    public PipeWriter Input => _input.Writer;

    public PipeReader Output { get; }

    public PipeReader Errors { get; }

    /// <summary>Shells that begin in a folder, with some variables, and as nobody where that is asked for.</summary>
    internal static ShellSource Source(string folder, Dictionary<string, string>? variables = null, bool isNobody = false) => new(
        (command, _) =>
        {
            string[] before = isNobody ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : [];
            ProcessStartInfo start = new("/usr/bin/env", [.. before, .. command])
            {
                WorkingDirectory = folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach ((string name, string value) in variables ?? []) start.Environment[name] = value;
            return Task.FromResult<IShellProcess>(new HostShell(Process.Start(start)!));
        },
        "there", TimeSpan.FromSeconds(30), TimeProvider.System);

    /// <summary>A shell that is gone takes nothing more, as one behind a session: that is no failure of its own.</summary>
    async Task PumpAsync()
    {
        try
        {
            await _input.Reader.CopyToAsync(_process.StandardInput.BaseStream);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // said to the writer by what follows
        }

        await _input.Reader.CompleteAsync();
    }

    public async ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return new ExitStatus(_process.ExitCode, null);
    }

    /// <summary>Ends it from outside, as the container might.</summary>
    internal void Kill()
    {
        if (!_process.HasExited) _process.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _input.Writer.CompleteAsync();
        _process.Dispose();
    }
}
