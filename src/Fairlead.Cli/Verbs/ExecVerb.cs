using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Options;
using Fairlead.Cli.Sessions;
using Fairlead.Cli.Telemetry;
using Fairlead.Cli.Usage;
using Fairlead.KubeConfig.Targets;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead exec</c>: runs a command in a container.</summary>
static class ExecVerb
{
    public static Command Create(Invocation invocation)
    {
        VerbCommand verb = new("exec", "Run a command in a container.")
        {
            Usage = "(POD | TYPE/NAME) [-c CONTAINER] [options] -- COMMAND [ARG...]",
            Examples = """
                # Run date in the pod web-0, in its default or first container
                fairlead exec web-0 -- date

                # Count bytes: the command sees the end of its input and ends
                printf abc | fairlead exec -i web-0 -- wc -c

                # A shell on a terminal, in the container app
                fairlead exec -it web-0 -c app -- sh

                # In a ready pod of a deployment or behind a service
                fairlead exec deploy/web -- date
                fairlead exec svc/web -n shop -- date
                """,
            LogsByEnvironment = true,
            Tells = ToldService.Client,
            CodesHelp = ExitCodes.Help,
            SecondWord = ("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead",
                "Put -- before the command"),
        };
        TargetArgument target = new();
        SessionOptions session = new("");
        ConnectionOptions connection = new();
        target.AddTo(verb);
        session.AddTo(verb);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            string pod = TargetArgument.First(target.Read(parsed, invocation));
            if (invocation.RemoteCommand is not { Count: > 0 } command)
                throw new UsageException("you must specify at least one command for the container");

            SessionRun run = new(invocation, session, connection, parsed);
            return await run.RunAsync(pod, TargetVerb.Exec, command, cancellationToken);
        });
        return verb;
    }
}
