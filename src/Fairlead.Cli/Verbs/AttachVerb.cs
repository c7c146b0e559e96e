using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Options;
using Fairlead.Cli.Sessions;
using Fairlead.Cli.Telemetry;
using Fairlead.Cli.Terminals;
using Fairlead.Cli.Usage;
using Fairlead.KubeConfig.Targets;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead attach</c>: joins the process that a container already runs.</summary>
static class AttachVerb
{
    const string NoCommand = "attach takes one POD or TYPE/NAME and no command";

    public static Command Create(Invocation invocation)
    {
        VerbCommand verb = new("attach", "Attach to the process that a container already runs.")
        {
            Usage = "(POD | TYPE/NAME) [-c CONTAINER] [options]",
            Examples = """
                # Follow the output of the pod web-0, of its default or first container
                fairlead attach web-0

                # Use the terminal of the container shell
                fairlead attach -it web-0 -c shell

                # Attach to a ready pod of a replica set
                fairlead attach rs/web

                # To leave: without -i by Ctrl-C, which ends fairlead and not the process. With -it Ctrl-C goes to the process, as every
                # key does: leave by Ctrl-P Ctrl-Q, or by the keys of --detach-keys
                """,
            LogsByEnvironment = true,
            Tells = ToldService.Client,
            CodesHelp = ExitCodes.Help,
            SecondWord = (NoCommand, "A command is run by exec"),
        };
        TargetArgument target = new();
        SessionOptions session = new(DetachKeys.OfAttach);
        ConnectionOptions connection = new();
        target.AddTo(verb);
        session.AddTo(verb);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            IReadOnlyList<string> words = [.. target.Read(parsed, invocation), .. invocation.RemoteCommand ?? []]; // -- ends the options
            string pod = TargetArgument.First(words);
            if (words.Count > 1) throw new UsageException(NoCommand);

            SessionRun run = new(invocation, session, connection, parsed);
            return await run.RunAsync(pod, TargetVerb.Attach, [], cancellationToken);
        });
        return verb;
    }
}
