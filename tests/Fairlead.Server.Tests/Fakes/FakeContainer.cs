using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Server.Tests;

/// <summary>A container whose commands are what a test says; by default they echo their input and succeed.</summary>
sealed class FakeContainer : IContainer, IMainProcess
{
    public bool IsRunning { get; set; } = true;

    public bool HasTerminal { get; set; }

    public Func<AnsweringSession, Task<Status>> Run { get; set; } = EchoAsync;

    public Func<ContainerLogQuery, PipeWriter, CancellationToken, Task> Log { get; set; } = async (_, output, cancellationToken) => await output.WriteAsync("a line\n"u8.ToArray(), cancellationToken);

    public RemoteCommandRequest? Asked { get; private set; }

    public bool Attached { get; private set; }

    public ContainerLogQuery? LogAsked { get; private set; }

    public ValueTask<IMainProcess?> FindMainProcessAsync(CancellationToken cancellationToken) => new(this);

    public Task<Status> ExecAsync(AnsweringSession session)
    {
        Asked = session.Request;
        return Run(session);
    }

    public Task<Status> AttachAsync(AnsweringSession session)
    {
        Attached = true;
        return ExecAsync(session);
    }

    public Task WriteLogAsync(ContainerLogQuery query, PipeWriter output, CancellationToken cancellationToken)
    {
        LogAsked = query;
        return Log(query, output, cancellationToken);
    }

    public static async Task<Status> EchoAsync(AnsweringSession session)
    {
        await session.StandardInput.CopyToAsync(session.StandardOutput, session.Lost);
        return Status.Success;
    }
}
