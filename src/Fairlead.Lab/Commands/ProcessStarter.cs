using Fairlead.HostProcesses.Starting;
using Fairlead.Lab.Containers;
using Fairlead.Server.Commands;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Lab.Commands;

/// <summary>Starts commands in one run of a container.</summary>
sealed class ProcessStarter(ContainerRun run, ContainerEnvironment environment) : ICommandStarter
{
    public async Task<IStartedCommand> StartAsync(RemoteCommandRequest request, TerminalSize? size, CancellationToken lost)
    {
        if (run.Running.IsStopping || run.IsOver) throw new CommandStartException(Status.InternalError("the container is being stopped"));
        try
        {
            LocalProcess process = await run.StartAsync(new ProcessStart
            {
                Command = request.Command,
                Environment = environment.For(request.Tty),
                WorkingDirectory = environment.WorkingDirectory,
                Terminal = request.Tty,
                Size = size,
                Stdin = request.Stdin,
                Stdout = request.Stdout,
                Stderr = request.Stderr,
            });
            return new LocalCommand(process, run.Running, request.Stdin);
        }
        catch (ProcessStartException failure)
        {
            throw new CommandStartException(failure.ExitCode, failure.Message, failure);
        }
        catch (IOException failure)
        {
            throw new CommandStartException(Status.InternalError("error executing command in container: " + failure.Message), failure);
        }
    }
}
