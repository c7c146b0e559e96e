using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Copies;
using Fairlead.Cli.Options;
using Fairlead.Cli.Telemetry;
using Fairlead.Cli.Usage;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead cp</c>: files to, from and between containers.</summary>
static class CopyVerb
{
    public static Command Create(Invocation invocation)
    {
        VerbCommand verb = new("cp", "Copy files to, from and between containers, verified, and resumed when the connection is lost.")
        {
            Usage = "SOURCE DESTINATION [-c CONTAINER] [options]   (a place in a pod is [NAMESPACE/]POD:PATH)",
            Examples = """
                # A file to the pod web-0, and one from it
                fairlead cp ./site.tar web-0:/srv/site.tar
                fairlead cp web-0:/var/log/app.log ./app.log

                # A directory, into /srv of the container app
                fairlead cp ./site web-0:/srv -c app

                # From a pod of the namespace shop; what is in the directory goes to ./logs
                fairlead cp shop/web-0:/var/log ./logs

                # From pod to pod, through this machine without being stored on it
                fairlead cp db-0:/backup/dump.sql db-1:/backup/

                # For a script: what was done, as JSON
                fairlead cp -q -o json ./site web-0:/srv
                """,
            LogsByEnvironment = true,
            Tells = ToldService.Client,
            CodesHelp = """
                Exit codes:
                  0       everything was copied and verified
                  1       something was not: what was not verified is not in its place
                """,
        };
        TargetArgument places = new();
        CopyVerbOptions options = new();
        ConnectionOptions connection = new();
        places.AddTo(verb);
        options.AddTo(verb);
        connection.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            IReadOnlyList<string> words = [.. places.Read(parsed, invocation), .. invocation.RemoteCommand ?? []];
            if (words.Count != 2) throw new UsageException("source and destination are required");
            return await new CopyCommand(invocation, options, connection, parsed)
                .RunAsync(CopyPlace.Parse(words[0]), CopyPlace.Parse(words[1]), cancellationToken);
        });
        return verb;
    }
}
