using System.IO.Pipelines;

namespace Fairlead.Files.Shells;

/// <summary>A shell that runs in a container, as three pipes and an end.</summary>
interface IShellProcess : IAsyncDisposable
{
    PipeWriter Input { get; }

    PipeReader Output { get; }

    PipeReader Errors { get; }

    ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken);
}
