using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Forwards;
using Fairlead.Cli.Logging;
using Fairlead.Cli.Options;
using Fairlead.Cli.Telemetry;
using Fairlead.Cli.Usage;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead port-forward</c>: ports of a pod on this machine.</summary>
static class PortForwardVerb
{
    public static Command Create(Invocation invocation)
    {
        LogOptions log = new(LogLevel.None, hasVerbose: false);
        VerbCommand verb = new("port-forward", "Forward local ports or Unix sockets to ports of a pod, and keep doing so when it goes.")
        {
            Usage = "(POD | TYPE/NAME) [LOCAL:]REMOTE... [options]",
            Examples = """
                # Port 5432 of the pod db-0 on the local ports 5432 and 6000
                fairlead port-forward db-0 5432 6000:5432

                # A free local port, which the first line of output names
                fairlead port-forward db-0 :5432

                # A port of a service, and a named port of a pod of a deployment; a new pod is found when this one goes
                fairlead port-forward svc/web 8080:80
                fairlead port-forward deploy/web 8080:http

                # On a Unix socket that only you may use (a slash makes it a path)
                fairlead port-forward db-0 ./db.sock:5432

                # For other machines too, without any authentication
                fairlead port-forward --address localhost,10.19.21.23 db-0 5432

                # End with code 1 when the connection is lost, as kubectl does
                fairlead port-forward --fail-when-lost db-0 5432

                # What it does and why something fails, for programs
                fairlead port-forward db-0 5432 --log-level debug --log-format json
                """,
            Log = log,
            LogsByEnvironment = true,
            Tells = ToldService.Client,
            CodesHelp = """
                Exit codes:
                  0       ended by SIGINT, SIGTERM or SIGHUP
                  1       it could not begin, or the connection was lost and the options say to end then
                  141     the reader of the output went away
                """,
        };
        TargetArgument target = new();
        ForwardVerbOptions options = new();
        ConnectionOptions connection = new();
        target.AddTo(verb);
        options.AddTo(verb);
        log.AddTo(verb);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            IReadOnlyList<string> words = [.. target.Read(parsed, invocation), .. invocation.RemoteCommand ?? []]; // -- ends the options
            if (words.Count < 2)
                throw new UsageException("TYPE/NAME and list of ports are required for port-forward");

            ForwardRun run = new(invocation, options, connection, parsed);
            return await run.RunAsync(TargetArgument.First(words), [.. words.Skip(1).Select(PortArgument.Parse)], cancellationToken);
        });
        return verb;
    }
}
