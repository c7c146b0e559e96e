using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fairlead.Containerd.Tasks;

/// <summary>containerd's task API, for the containers that its CRI plugin made.</summary>
/// <param name="calls">The calls, each with a deadline.</param>
/// <param name="time">The clock by which a containerd that is away is waited for.</param>
sealed class ContainerdTasks(CallInvoker calls, TimeProvider time)
{
    const string ProcessType = "types.containerd.io/opencontainers/runtime-spec/1/Process";

    /// <summary>How long a containerd that is being restarted is waited for by those who wait for a command that it did not stop.</summary>
    static readonly TimeSpan s_restart = TimeSpan.FromSeconds(30), s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Everything of the CRI plugin's is in this namespace of containerd's.</summary>
    static readonly Metadata s_namespace = new() { { "containerd-namespace", "k8s.io" } };

    /// <summary>How containerd and runc say it where the code does not.</summary>
    static readonly string[] s_goneWords = ["process already finished", "no such process", "ttrpc: closed"];

    readonly Tasks.TasksClient _tasks = new(calls);
    readonly Containers.ContainersClient _containers = new(calls);

    /// <summary>True when this API is served at the socket: only containerd does.</summary>
    /// <exception cref="RpcException">Nothing answers at the socket.</exception>
    public async Task<bool> IsServedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _tasks.GetAsync(new() { ContainerId = "fairlead-looks-who-answers" }, s_namespace, cancellationToken: cancellationToken);
            return true;
        }
        catch (RpcException answer) when (answer.StatusCode is StatusCode.NotFound)
        {
            return true;
        }
        catch (RpcException answer) when (answer.StatusCode is StatusCode.Unimplemented)
        {
            return false;
        }
    }

    /// <summary>The <c>process</c> of a container's OCI specification: what its main process runs as. The caller's to change.</summary>
    /// <exception cref="InvalidDataException">The container has no such specification.</exception>
    public async Task<JsonObject> ReadProcessAsync(string containerId, CancellationToken cancellationToken)
    {
        GetContainerResponse response = await _containers.GetAsync(
            new() { Id = containerId }, s_namespace, cancellationToken: cancellationToken);
        JsonNode? specification = response.Container?.Spec is { } spec ? JsonNode.Parse(spec.Value.Span) : null;
        if (specification?["process"] is not JsonObject process)
            throw new InvalidDataException($"the container {containerId} has no process in its specification");
        specification.AsObject().Remove("process");
        return process;
    }

    /// <summary>Makes a process of a container known, not started yet. From then on it has to be deleted.</summary>
    public async Task CreateAsync(ExecProcessRequest request, JsonObject process, CancellationToken cancellationToken)
    {
        request.Spec = new Any { TypeUrl = ProcessType, Value = ByteString.CopyFromUtf8(process.ToJsonString()) };
        await _tasks.ExecAsync(request, s_namespace, cancellationToken: cancellationToken);
    }

    /// <param name="exec">The process, which was made known.</param>
    /// <param name="limit">How long it may take.</param>
    /// <returns>The process's number, as containerd sees it.</returns>
    public async Task<int> StartAsync(ExecReference exec, TimeSpan limit)
    {
        StartResponse response = await _tasks.StartAsync(
            new() { ContainerId = exec.ContainerId, ExecId = exec.ExecId }, s_namespace, DateTime.UtcNow + limit, CancellationToken.None);
        return (int)response.Pid;
    }

    /// <summary>What is known of a process; null when it is not known.</summary>
    public async Task<TaskProcess?> FindAsync(ExecReference exec, CancellationToken cancellationToken)
    {
        try
        {
            return (await _tasks.GetAsync(
                new() { ContainerId = exec.ContainerId, ExecId = exec.ExecId }, s_namespace, cancellationToken: cancellationToken)).Process;
        }
        catch (RpcException answer) when (answer.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>
    /// Waits until a process has ended, however long that takes, also across restarts of containerd, which its processes survive.
    /// </summary>
    /// <param name="exec">The process.</param>
    /// <param name="lives">It is seen to live: then a containerd that is away is waited for without a limit, for nothing is lost.</param>
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <returns>Its exit code; null where containerd does not know it any more.</returns>
    /// <exception cref="RpcException">containerd is away for too long.</exception>
    public async Task<int?> WaitAsync(ExecReference exec, Func<bool> lives, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                WaitResponse response = await _tasks.WaitAsync(
                    new() { ContainerId = exec.ContainerId, ExecId = exec.ExecId }, s_namespace, CallDeadlines.None, cancellationToken);
                return (int)response.ExitStatus;
            }
            catch (RpcException answer) when (IsGone(answer))
            {
                return null;
            }
            catch (RpcException answer) when (answer.StatusCode == StatusCode.Unavailable && !cancellationToken.IsCancellationRequested)
            {
                await ComeBackAsync(exec, lives, cancellationToken);
            }
        }
    }

    /// <summary>Returns when containerd answers again.</summary>
    async Task ComeBackAsync(ExecReference exec, Func<bool> lives, CancellationToken cancellationToken)
    {
        long lived = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(s_pause, time, cancellationToken); // a connection that is refused gives nothing to await
            try
            {
                await FindAsync(exec, cancellationToken);
                return;
            }
            catch (RpcException answer) when (answer.StatusCode == StatusCode.Unavailable)
            {
                if (lives()) lived = time.GetTimestamp();
                else if (time.GetElapsedTime(lived) > s_restart) throw;
            }
        }
    }

    /// <summary>
    /// Waits for a process that was killed, which takes no longer than any other call; one that is gone is not waited for.
    /// </summary>
    public Task WaitForKilledAsync(ExecReference exec) =>
        IgnoreGoneAsync(_tasks.WaitAsync(new() { ContainerId = exec.ContainerId, ExecId = exec.ExecId }, s_namespace).ResponseAsync);

    /// <summary>Sends a signal to a process; one that has ended takes no harm.</summary>
    public Task KillAsync(ExecReference exec, int signal) =>
        IgnoreGoneAsync(_tasks.KillAsync(new() { ContainerId = exec.ContainerId, ExecId = exec.ExecId, Signal = (uint)signal }, s_namespace)
            .ResponseAsync);

    /// <summary>Tells the size of a process's terminal; one that has ended takes no harm.</summary>
    public Task ResizeAsync(ExecReference exec, Wire.TerminalSize size) =>
        IgnoreGoneAsync(_tasks.ResizePtyAsync(
            new() { ContainerId = exec.ContainerId, ExecId = exec.ExecId, Width = size.Width, Height = size.Height }, s_namespace)
            .ResponseAsync);

    /// <summary>
    /// Has containerd let go of a process's input, which it holds open beside whoever writes to it. While containerd is away it is told
    /// again and again: without this the process would wait for an end that never comes.
    /// </summary>
    public async Task CloseInputAsync(ExecReference exec, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await IgnoreGoneAsync(_tasks.CloseIOAsync(
                    new() { ContainerId = exec.ContainerId, ExecId = exec.ExecId, Stdin = true }, s_namespace,
                    cancellationToken: cancellationToken).ResponseAsync);
                return;
            }
            catch (RpcException answer) when (answer.StatusCode == StatusCode.Unavailable && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(s_pause, time, cancellationToken);
            }
        }
    }

    /// <summary>Has containerd forget a process that has ended or was never started.</summary>
    public Task DeleteAsync(ExecReference exec) =>
        IgnoreGoneAsync(
            _tasks.DeleteProcessAsync(new() { ContainerId = exec.ContainerId, ExecId = exec.ExecId }, s_namespace).ResponseAsync);

    static async Task IgnoreGoneAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (RpcException answer) when (IsGone(answer))
        {
            // it has ended, or its container has: nothing is owed to it any more
        }
    }

    /// <summary>The process, or its whole container with what looks after it (the shim, spoken to by ttrpc), has ended.</summary>
    static bool IsGone(RpcException answer) =>
        answer.StatusCode == StatusCode.NotFound
        || s_goneWords.Any(words => answer.Status.Detail.Contains(words, StringComparison.Ordinal));
}

/// <summary>One process beside a container's main process.</summary>
/// <param name="ContainerId">The container.</param>
/// <param name="ExecId">The process's own name there.</param>
readonly record struct ExecReference(string ContainerId, string ExecId);
