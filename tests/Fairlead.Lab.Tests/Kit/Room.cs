using Fairlead.HostProcesses.Trees;
using Fairlead.Lab.Commands;
using Fairlead.Lab.Containers;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Lab.Tests.Kit;

/// <summary>A container's surroundings for execs, without a main process.</summary>
sealed class Room(ProcessRuntimeOptions? options = null, string? workingDirectory = null, ProcessWalk? walk = null) : IAsyncDisposable
{
    internal ContainerEnvironment Environment { get; } = new("demo", [new("COLOUR", "blue")], workingDirectory);

    internal RunningProcesses Running { get; } = new(options ?? new ProcessRuntimeOptions()) { Walk = walk ?? ProcessWalk.System };

    internal ContainerRun Run => field ??= Running.BeginRun();

    internal TestClient Exec(RemoteCommandRequest request, TerminalSize? size = null, bool collect = true) => new(request, AnswerAsync, size, collect);

    internal TestClient Sh(string script, bool stdin = false) =>
        Exec(new RemoteCommandRequest { Command = ["sh", "-c", script], Stdin = stdin, Stdout = true, Stderr = true });

    internal TestClient Terminal(TerminalSize? size, params string[] command) =>
        Exec(new RemoteCommandRequest { Command = command, Stdin = true, Stdout = true, Tty = true }, size);

    Task<Status> AnswerAsync(AnsweringSession session) => Running.Commands.RunAsync(session, new ProcessStarter(Run, Environment));

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}
