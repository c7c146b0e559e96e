using System.IO.Pipelines;

namespace Fairlead.Files.Shells;

/// <summary>The shell of an exec session.</summary>
sealed class ExecShellProcess(RemoteProcess process) : IShellProcess
{
    public PipeWriter Input => process.StandardInput;

    public PipeReader Output => process.StandardOutput;

    public PipeReader Errors => process.StandardError;

    public ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken) => process.WaitForExitAsync(cancellationToken);

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
