using System.IO.Pipelines;
using System.Text;
using Fairlead.HostProcesses.Starting;
using Fairlead.HostProcesses.Trees;
using Fairlead.Lab.Commands;
using Fairlead.Lab.Logs;
using Fairlead.Lab.Manifests;
using Fairlead.Lab.Pods;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Lab.Containers;

/// <summary>A container that is a local process: its main process and the commands that are run beside it.</summary>
sealed class ProcessContainer : IContainer, IMainProcess, IAsyncDisposable
{
    /// <summary>A run this long was a good one: the next backoff begins anew.</summary>
    static readonly TimeSpan GoodRun = TimeSpan.FromMinutes(10);

    readonly ContainerManifest _manifest;
    readonly RestartPolicy _restart;
    readonly RunningProcesses _running;
    readonly TimeProvider _time;
    readonly ContainerEnvironment _environment;
    readonly Action _changed;
    readonly string _pod;
    readonly CancellationTokenSource _stop = new();
    volatile ContainerRun? _run;
    volatile MainProcess? _main;
    volatile ContainerLog? _log, _previousLog;
    Task _life = Task.CompletedTask;

    /// <param name="pod">The pod's name.</param>
    /// <param name="manifest">What to run.</param>
    /// <param name="restart">When to run it again.</param>
    /// <param name="running">The runtime's processes.</param>
    /// <param name="time">The clock for backoffs and log times.</param>
    /// <param name="changed">Called after each change of <see cref="State"/>; must not block.</param>
    internal ProcessContainer(
        string pod, ContainerManifest manifest, RestartPolicy restart, RunningProcesses running, TimeProvider time, Action changed)
    {
        (_pod, _manifest, _restart, _running, _time, _changed) = (pod, manifest, restart, running, time, changed);
        _environment = new ContainerEnvironment(pod, manifest.Variables, manifest.WorkingDirectory);
    }

    internal ContainerManifest Manifest => _manifest;

    internal ContainerState State { get; private set; } = new();

    public bool IsRunning => _main is not null;

    public bool HasTerminal => _manifest.Tty;

    /// <summary>Starts the main process. It runs, or its failure to start is in <see cref="State"/>, when this returns.</summary>
    internal void Start() => _life = WatchAsync();

    /// <summary>Whatever goes wrong, the container's state tells that it does not live any more.</summary>
    async Task WatchAsync()
    {
        try
        {
            await LiveAsync();
        }
        catch (Exception failure)
        {
            Log.ContainerFailed(_running.Options.Logger, failure, _manifest.Name, _pod);
            _main = null;
            Change(State with { Phase = ContainerPhase.Terminated });
        }
    }

    public Task<Status> ExecAsync(AnsweringSession session) =>
        IsRunning && _run is { } run ? _running.Commands.RunAsync(session, new ProcessStarter(run, _environment)) : Task.FromResult(
            NotRunning());

    public ValueTask<IMainProcess?> FindMainProcessAsync(CancellationToken cancellationToken) => new(this);

    public async Task<Status> AttachAsync(AnsweringSession session) =>
        _main is { } main ? await new AttachSession(session, main).RunAsync() : NotRunning();

    public async Task WriteLogAsync(ContainerLogQuery query, PipeWriter output, CancellationToken cancellationToken)
    {
        ContainerLog? log = query.Previous ? _previousLog : _log;
        if (log is not null) await new LogWriter(query, output).WriteAsync(log, cancellationToken);
        else if (query.Previous) throw new InvalidOperationException($"previous terminated container \"{_manifest.Name}\" not found");
    }

    Status NotRunning() => Status.InternalError($"container \"{_manifest.Name}\" is not running");

    async Task LiveAsync()
    {
        TimeSpan backoff = _running.Options.FirstBackoff;
        while (true)
        {
            ContainerEnd end = await RunOnceAsync();
            bool wanted = _restart == RestartPolicy.Always || (_restart == RestartPolicy.OnFailure && end.ExitCode != 0);
            bool again = wanted && !_stop.IsCancellationRequested;
            Log.MainEnded(_running.Options.Logger, _manifest.Name, _pod, end.ExitCode, again);
            Change(State with { Phase = again ? ContainerPhase.Waiting : ContainerPhase.Terminated, LastEnd = end });
            if (!again) return;

            if (end.FinishedAt - end.StartedAt >= GoodRun) backoff = _running.Options.FirstBackoff;
            try
            {
                await Task.Delay(backoff, _time, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                Change(State with { Phase = ContainerPhase.Terminated });
                return;
            }

            backoff = backoff * 2 < _running.Options.LongestBackoff ? backoff * 2 : _running.Options.LongestBackoff;
            State = State with { RestartCount = State.RestartCount + 1 };
        }
    }

    async Task<ContainerEnd> RunOnceAsync()
    {
        ProcessRuntimeOptions options = _running.Options;
        ContainerLog log = new(options.LogSize, options.FollowerPatience, _time);
        _previousLog = _log;
        _log = log;
        DateTimeOffset started = _time.GetUtcNow();
        ContainerRun run = _running.BeginRun();
        LocalProcess process;
        try
        {
            process = await run.StartAsync(new ProcessStart
            {
                Command = _manifest.Command,
                Environment = _environment.For(_manifest.Tty),
                WorkingDirectory = _environment.WorkingDirectory,
                Terminal = _manifest.Tty,
                Stdin = _manifest.Stdin,
                Stdout = true,
                Stderr = true,
            });
        }
        catch (Exception e) when (e is ProcessStartException or IOException)
        {
            Log.MainNotStarted(options.Logger, WithheldException.Of(e, new WithheldWords(_manifest.Command)), _manifest.Name, _pod);
            await log.AppendAsync(Encoding.UTF8.GetBytes(e.Message + "\n"), isError: true);
            log.Complete();
            return new ContainerEnd(0, started, _time.GetUtcNow(), (e as ProcessStartException)?.ExitCode ?? 128, e.Message);
        }

        using MainProcess main = new(process, log, _manifest.StdinOnce);
        (_run, _main) = (run, main);
        Log.MainRuns(options.Logger, process.Id, _manifest.Name, _pod);
        Change(State with { Phase = ContainerPhase.Running, ProcessId = process.Id, StartedAt = started });
        int code = await RunAsync(main, run);
        return new ContainerEnd(process.Id, started, _time.GetUtcNow(), code >= 0 ? code : 255, null);
    }

    async Task<int> RunAsync(MainProcess main, ContainerRun run)
    {
        using CancellationTokenSource cut = new();
        Task outputs = main.ReadOutputsAsync(cut.Token);
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = _stop.Token.UnsafeRegister(
            _ =>
            {
                main.Log.Hurry();
                stopped.TrySetResult();
            },
            null);
        await Task.WhenAny(main.Process.Exited, stopped.Task);

        // a runtime that goes asks everything to end, and gives it time; the end of a main process is the end of all that is in its
        // container
        if (_stop.IsCancellationRequested) await _running.TerminateAsync(ProcessSearch.Of(main.Process), _running.Options.Grace);
        else await run.TerminateAsync();
        int code = await main.Process.Exited;
        _main = null;
        cut.CancelAfter(_running.Options.DrainTime);
        await outputs;
        main.Log.Complete();
        await main.Process.DisposeAsync();
        return code;
    }

    void Change(ContainerState state)
    {
        State = state;
        _changed();
    }

    /// <summary>Ends the main process and all it started, and returns when none is left.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _life;
        _stop.Dispose();
    }
}
