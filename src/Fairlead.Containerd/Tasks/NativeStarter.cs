using System.Text.Json.Nodes;
using Fairlead.Server.Commands;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Grpc.Core;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd.Tasks;

/// <summary>Starts commands in one container by containerd's task API.</summary>
sealed class NativeStarter(NativeExecs execs, string containerId) : ICommandStarter
{
    public bool CanSuspend => true;

    public async Task<IStartedCommand> StartAsync(RemoteCommandRequest request, TerminalSize? size, CancellationToken lost)
    {
        ExecFolder? folder = null;
        ExecFifos? fifos = null;
        bool isKnown = false; // containerd may know the command: it was asked to make it
        try
        {
            folder = execs.CreateFolder(containerId);
            JsonObject process = ExecSpecification.Apply(await execs.Tasks.ReadProcessAsync(containerId, lost), request, size);
            fifos = ExecFifos.Create(folder, request);
            int pid = await execs.Turns.StartAsync(
                containerId,
                () =>
                {
                    isKnown = true;
                    return StartAsync(folder, fifos, process, request.Tty);
                },
                lost);
            return new NativeCommand(execs, folder, fifos, pid, request.Tty);
        }
        catch (Exception failure)
        {
            fifos?.Dispose();
            if (isKnown) execs.Forget(folder!);
            else folder?.Dispose();
            if (failure is RpcException { StatusCode: StatusCode.Cancelled } && lost.IsCancellationRequested)
                throw new OperationCanceledException(failure.Message, failure, lost);
            if (failure is RpcException answer) throw StartFailure.Of(answer);
            if (failure is IOException or InvalidDataException)
                throw new CommandStartException(Status.InternalError(failure.Message), failure);
            throw;
        }
    }

    /// <summary>Once containerd may know the command it is not given up halfway: started and then ended, or deleted.</summary>
    async Task<int> StartAsync(ExecFolder folder, ExecFifos fifos, JsonObject process, bool hasTerminal)
    {
        ExecReference exec = folder.Exec;
        await execs.Tasks.CreateAsync(new ExecProcessRequest
        {
            ContainerId = exec.ContainerId,
            ExecId = exec.ExecId,
            Terminal = hasTerminal,
            Stdin = fifos.Input is null ? "" : folder.Input,
            Stdout = fifos.Output is null ? "" : folder.Output,
            Stderr = fifos.Error is null ? "" : folder.Error,
        }, process, CancellationToken.None);
        int pid = await execs.Tasks.StartAsync(exec, execs.Options.StartTimeout);
        fifos.LetGo();
        return pid;
    }
}
