using System.CommandLine;
using System.CommandLine.Help;
using System.Diagnostics;
using Fairlead.Cli.Logging;
using Fairlead.Cli.Native;
using Fairlead.Cli.Options;
using Fairlead.Cli.Sessions;
using Fairlead.Cli.Telemetry;
using Fairlead.Cli.Usage;
using Fairlead.Cli.Verbs;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.CommandLine;

/// <summary>The root of the command line: knows the verbs, runs one, and turns what went wrong into a line and an exit code.</summary>
static class FairleadCommand
{
    /// <summary>Runs one command line.</summary>
    /// <returns>The process's exit code.</returns>
    /// <param name="arguments">The line.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error for messages.</param>
    /// <param name="log">Opens what is logged to where no file is named; standard error for null.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, Func<Stream>? log = null)
    {
        arguments = arguments switch
        {
            ["--version"] => ["version"], // habits of other programs
            ["help"] => ["--help"],
            ["help", ..] => [.. arguments.Skip(1), "--help"],
            _ => arguments,
        };
        ArgumentSplit split = ArgumentSplit.Of(arguments);
        MessageWriter messages = new(error);
        Invocation invocation = new(output, messages, split.Own, split.Command);
        RootCommand root = Create(invocation);
        IReadOnlyList<string> moved = LeadingOptions.MoveBehindVerb(
            KubectlFlags.WithoutLevels(split.Own), [.. new ConnectionOptions().All, .. LeadingOptions.Flags]);
        if (UnknownCommand.Refusal(moved, root) is { } unknown) return Refuse(messages, unknown, "fairlead");
        if (moved is [var word, ..] && root.Subcommands.FirstOrDefault(known => known.Name == word) is { } named)
        {
            Command meantBy = named.Subcommands.FirstOrDefault(known => known.Name == moved.ElementAtOrDefault(1)) ?? named;
            moved = EmptyValues.Kept(GoBooleans.Read(moved, meantBy), meantBy);
        }

        ParseResult parsed = root.Parse(moved, new ParserConfiguration { ResponseFileTokenReplacer = null });
        VerbCommand? command = parsed.CommandResult.Command as VerbCommand;
        string verb = command is null ? "fairlead" : $"fairlead {command.FullName}";
        bool isHelp = parsed.Action is { ClearsParseErrors: true };
        if (!isHelp && command?.SecondWord is var (refusal, hint) && MisplacedCommand.Correct(moved, split.Command, command) is { } meant)
        {
            messages.WriteLine($"error: {refusal}");
            messages.WriteLine($"{hint}: {meant}");
            messages.WriteLine($"See '{verb} --help' for help and examples");
            return ExitCodes.Failure;
        }

        if (!isHelp && (EmptyValues.Refusal(parsed, moved) ?? (parsed.Errors.Count > 0 ? LineFault.Of(parsed) : null)) is { } fault)
            return Refuse(messages, fault, verb);

        try
        {
            using LogOutput? opened = isHelp ? null : LogChoice.Open(command, parsed, log ?? StandardStreams.OpenError);
            invocation.Log = opened;
            int code = await InvokeAsync(parsed, invocation, command, new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // signals end the process as they would any; only a raw terminal handles them
            });
            opened?.Dispose(); // all that can be written is
            return code == ExitCodes.Success && opened?.AuditLost > 0 ? ExitCodes.Failure : code;
        }
        catch (UsageException e)
        {
            messages.WriteLine($"error: {e.Message}");
            messages.WriteLine($"See '{verb} --help' for help and examples");
            return ExitCodes.Failure;
        }
#pragma warning disable CA1031 // the last stop: whatever it is, the user gets one line and a code
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failure failure = Failure.Of(e);
            if (failure.Message is not null) messages.WriteLines($"error: {failure.Message}");
            if (failure.Hint is not null) messages.WriteLine(failure.Hint);
            return failure.ExitCode;
        }
    }

    static int Refuse(MessageWriter messages, string what, string verb)
    {
        messages.WriteLine($"error: {what}");
        messages.WriteLine($"See '{verb} --help' for usage.");
        return ExitCodes.Failure;
    }

    static async Task<int> InvokeAsync(
        ParseResult parsed, Invocation invocation, VerbCommand? command, InvocationConfiguration configuration)
    {
        ILogger logger = invocation.Logging.CreateLogger("Fairlead.Cli");
        string verb = command?.FullName ?? "help";
        long started = Stopwatch.GetTimestamp();
        Log.Begins(logger, verb, VersionVerb.Version, Environment.ProcessId);
        if (command?.Log is not null) StopSignals.TakeBack(); // a verb that serves
        using IDisposable? telemetry = TelemetryExport.Start(command?.Tells);
        using SignalLog? signals = invocation.Log is { } output ? new SignalLog(output, logger, verb) : null;
        try
        {
            int code = await parsed.InvokeAsync(configuration);
            Log.Ended(logger, verb, code, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return code;
        }
        catch (OutputClosedException)
        {
            Log.OutputClosed(logger, verb, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            throw;
        }
        catch (Exception e)
        {
            if (logger.IsEnabled(LogLevel.Error))
                Log.Failed(logger, WithheldException.Of(e, new WithheldWords(invocation.RemoteCommand ?? [])), verb,
                    (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            throw;
        }
    }

    /// <summary>The composition root: a verb is one file in <c>Verbs/</c> and one line here.</summary>
    internal static RootCommand Create(Invocation invocation)
    {
        RootCommand root = new(
            "fairlead runs commands in Kubernetes pods, joins their processes, copies files and forwards ports, over WebSocket.")
        {
            ExecVerb.Create(invocation),
            AttachVerb.Create(invocation),
            CopyVerb.Create(invocation),
            PortForwardVerb.Create(invocation),
            GatewayVerb.Create(invocation),
            NodeVerb.Create(invocation),
            CriProxyVerb.Create(invocation),
            LabVerb.Create(invocation),
            DemoVerb.Create(invocation),
            CompletionVerb.Create(invocation),
            VersionVerb.Create(invocation),
        };
        root.Options.Clear(); // the library's own help and version
        root.Add(
            new HelpOption("--help", "-h") { Description = "Show this help", Action = new HelpText(wasAskedFor: true), Recursive = true });
        root.Action = new HelpText(wasAskedFor: false);
        RepeatedOptions.LastCounts(root);
        return root;
    }
}
