using System.CommandLine;
using System.Globalization;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Native;
using Fairlead.Cli.Options;
using Fairlead.Cli.Terminals;
using Fairlead.Cli.Usage;
using Fairlead.KubeConfig.Targets;
using Fairlead.Upgrades.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Cli.Sessions;

/// <summary>One exec or attach, from the look-up of its target to its exit code, with what kubectl says on the way.</summary>
sealed class SessionRun(Invocation invocation, SessionOptions session, ConnectionOptions connection, ParseResult parsed)
{
    readonly bool _quiet = parsed.GetValue(session.Quiet);
    ResumeNotice? _notice;
    bool _toldOfNoTerminal; // a session may be asked for twice

    public async Task<int> RunAsync(string target, TargetVerb verb, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        AwaitForeground(verb);
        SocketPolling.GoOnWherePolled(threads: 1);
        using StreamingClient client = new(connection.Load(parsed, invocation), new TransportFile());
        TargetResolver resolver = new(client.Endpoint) { PodTimeout = parsed.GetValue(session.Carrier.PodRunningTimeout) };
        SessionTarget pod = new(resolver, target, verb, connection.Namespace.Read(parsed), session.Container.Read(parsed)) { Say = Say };
        ExecOptions options = new();
        PodReference opened = default;
        await using RemoteProcess process = await pod.OpenAsync(
            // has the container a terminal?
            isLookedUp: verb == TargetVerb.Attach && (parsed.GetValue(session.Stdin) || parsed.GetValue(session.Tty)),
            (found, hasTerminal) =>
            {
                opened = found;
                options = Options(verb, found, hasTerminal);
                return verb == TargetVerb.Attach
                    ? client.AttachAsync(found, options, cancellationToken)
                    : client.ExecAsync(found, command, options, cancellationToken);
            },
            cancellationToken);
        if (parsed.GetValue(session.Carrier.Verbose))
            invocation.Error.WriteLine(
                $"fairlead: connected by {process.Connection} to {client.Endpoint.Server.GetLeftPart(UriPartial.Path).TrimEnd('/')}"
                + (process.FellBack is { } reason ? $" ({reason})" : ""));
        if (verb == TargetVerb.Attach && options.Tty) Say("If you don't see a command prompt, try pressing enter.");

        using LeavingSignals? leaving = options.Resume == TimeSpan.Zero ? null : new(process);
        ExitStatus exit;
        try
        {
            DetachKeys? keys = parsed.GetValue(session.DetachKeys) is { Length: > 0 } bytes ? new DetachKeys(bytes) : null;
            Task<ExitStatus?> run = ConsoleSession.RunAsync(process, options, verb == TargetVerb.Attach, keys, _notice!);
            if (await pod.ExplainingAsync(run, cancellationToken) is not { } status)
            {
                Say(verb == TargetVerb.Attach
                    ? $"Detached: the process in pod {opened.Name} runs on"
                    : "Detached: what becomes of the command is the server's to say, as when a client is lost");
                return ExitCodes.Success;
            }

            exit = status;
        }
        catch (RemoteCommandException failure)
            when (!_quiet && verb == TargetVerb.Exec && MissingShell.Hint(command, failure.Message, opened) is { } hint)
        {
            throw new HintedException(failure, hint);
        }

        if (exit.Succeeded) return exit.Code;
        Say(string.Create(CultureInfo.InvariantCulture, $"command terminated with exit code {exit.Code}"));
        if (verb == TargetVerb.Exec && MissingShell.Hint(command, exit.Message, opened) is { } said) Say(said);
        return exit.Code;
    }

    /// <summary>
    /// In the background a session with a terminal waits before anything is asked: a command that has begun would be given up by its server
    /// while nobody here can use it.
    /// </summary>
    void AwaitForeground(TargetVerb verb)
    {
        bool wantsTerminal = parsed.GetValue(session.Stdin) && (verb == TargetVerb.Attach || parsed.GetValue(session.Tty));
        if (OperatingSystem.IsWindows() || !wantsTerminal || !StandardStreams.InputIsTerminal || Foreground.Await()) return;
        throw new IOException("the terminal is in use by others, and no shell is left that could bring this process to the foreground");
    }

    ExecOptions Options(TargetVerb verb, PodReference pod, bool hasTerminal)
    {
        bool stdin = parsed.GetValue(session.Stdin), tty = Tty(verb, pod, hasTerminal, stdin);
        return new ExecOptions
        {
            Stdin = stdin,
            Tty = tty,
            Stderr = !tty,
            Transport = parsed.GetValue(session.Carrier.Transport),
            NoRetry = parsed.GetValue(session.NoRetry),
            Resume = parsed.GetValue(session.Resume),
            ResumeEvents = (_notice = new ResumeNotice(_quiet || !StandardStreams.ErrorIsTerminal ? null : invocation.Error)).Tell,
            Protocols = parsed.GetValue(session.Protocols) is { } overWebSocket
                ? [.. overWebSocket, .. RemoteCommandProtocol.OverSpdy]
                : null,
            PingInterval = parsed.GetValue(session.Carrier.PingInterval),
            PingTimeout = parsed.GetValue(session.Carrier.PingTimeout),
            UpgradeTimeout = connection.RequestTimeout(parsed) ?? TimeSpan.FromMinutes(1),
        }.ReadInline(); // OutputPump never blocks there
    }

    /// <summary>Whether the session is one with a terminal, by kubectl's rules: never without input, and only where there is one.</summary>
    bool Tty(TargetVerb verb, PodReference pod, bool hasTerminal, bool stdin)
    {
        bool tty = parsed.GetValue(session.Tty);
        if (verb == TargetVerb.Attach)
        {
            if (tty && !hasTerminal) Say($"error: Unable to use a TTY - container {pod.Container} did not allocate one");

            // A container's terminal is there whether asked for or not; an interactive session must then treat it as one.
            tty = hasTerminal && (tty || StandardStreams.InputIsTerminal);
        }

        if (!tty || !stdin) return false;
        if (StandardStreams.InputIsTerminal) return true;
        if (_toldOfNoTerminal) return false;
        _toldOfNoTerminal = true;
        invocation.Error.WriteLine("Unable to use a TTY - input is not a terminal or the right kind of file");
        Say("The command runs without one. Leave out -t where there is no terminal, as in a script.");
        return false;
    }

    void Say(string line)
    {
        if (!_quiet) invocation.Error.WriteLine(line);
    }
}
