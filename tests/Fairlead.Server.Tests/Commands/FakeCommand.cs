using System.Text;
using Fairlead.Server.Commands;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Server.Tests.Commands;

/// <summary>A command without a process: the test says when it prints, ends and fails, and sees what was done to it.</summary>
sealed class FakeCommand : IStartedCommand, ICommandInput, ICommandStarter
{
    readonly TaskCompletionSource<Status> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lock _lock = new();
    readonly List<string> _done = [];

    internal FakeOutput Out { get; } = new();

    internal FakeOutput Err { get; } = new();

    internal TaskCompletionSource Start { get; init; } = Completed();

    /// <summary>The start ends when its client is lost; else it goes on, as one that the runtime has begun.</summary>
    internal bool CanBeGivenUp { get; init; }

    internal Exception? StartFailure { get; init; }

    internal Exception? InputFailure { get; set; }

    internal TerminalSize? FirstSize { get; private set; }

    /// <summary>What was done to it, in order.</summary>
    internal string Done
    {
        get
        {
            lock (_lock) return string.Join(' ', _done);
        }
    }

    /// <summary>What asking it to end does; it dies by default.</summary>
    internal Func<Task>? OnEnd { get; set; }

    internal TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ICommandInput? Input => this;

    public ICommandOutput? Output => Out;

    public ICommandOutput? Error => Err;

    public Task<Status> Exited => _exited.Task;

    /// <summary>It ends, and nobody else holds its outputs, or a child does.</summary>
    internal void Exit(int code = 0, bool outputsEnd = true)
    {
        _exited.TrySetResult(Status.FromExitCode(code));
        if (!outputsEnd) return;
        Out.End();
        Err.End();
    }

    public async Task<IStartedCommand> StartAsync(RemoteCommandRequest request, TerminalSize? size, CancellationToken lost)
    {
        FirstSize = size;
        await (CanBeGivenUp ? Start.Task.WaitAsync(lost) : Start.Task);
        if (StartFailure is { } failure) throw failure;
        return this;
    }

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (InputFailure is { } failure) return ValueTask.FromException<int>(failure);
        Add("<" + Encoding.UTF8.GetString(data.Span));
        return ValueTask.FromResult(data.Length);
    }

    public ValueTask CompleteAsync(bool lineBegun, CancellationToken cancellationToken)
    {
        Add("eof");
        return ValueTask.CompletedTask;
    }

    public Task ResizeAsync(TerminalSize size)
    {
        Add($"{size.Width}x{size.Height}");
        return Task.CompletedTask;
    }

    public Task HangUpAsync()
    {
        Add("hup");
        return Task.CompletedTask;
    }

    public Task TerminateAsync(bool hangUp)
    {
        Add(hangUp ? "end+hup" : "end");
        if (OnEnd is { } act) return act();
        Exit(143);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Add("disposed");
        Disposed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    void Add(string what)
    {
        lock (_lock) _done.Add(what);
    }

    static TaskCompletionSource Completed()
    {
        TaskCompletionSource source = new();
        source.SetResult();
        return source;
    }
}
