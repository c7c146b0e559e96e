using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Server.Issued;

/// <summary>A stream that may be had: at once, or, where it was asked for by a call of its own, at a URL afterwards.</summary>
public abstract record IssuedStream;

/// <summary>A command in a container, or its main process.</summary>
/// <param name="Run"><see cref="IContainer.ExecAsync"/> or <see cref="IMainProcess.AttachAsync"/>.</param>
/// <param name="Request">What was asked for; the URL's own query says nothing.</param>
/// <param name="Where">The container's names, for messages.</param>
/// <param name="IsExec">A command; else the main process.</param>
public sealed record IssuedCommand(
    Func<AnsweringSession, Task<Status>> Run, RemoteCommandRequest Request, ContainerReference Where, bool IsExec) : IssuedStream;

/// <summary>A way to a pod's ports.</summary>
/// <param name="Connect">Reaches a port.</param>
/// <param name="Namespace">The pod's namespace, for messages.</param>
/// <param name="Pod">The pod, for messages.</param>
/// <param name="Ports">The ports that were named, for forms that need them; may be empty.</param>
public sealed record IssuedForward(Func<int, CancellationToken, ValueTask<ForwardedStream>> Connect, string Namespace, string Pod,
    IReadOnlyList<int> Ports) : IssuedStream;
