using System.Net;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Options;
using Fairlead.Cli.Sessions;
using Fairlead.Cli.Usage;
using Fairlead.KubeConfig.Targets;
using Fairlead.Wire;

namespace Fairlead.Cli.Copies;

/// <summary>One cp, from its two places to its exit code.</summary>
sealed class CopyCommand(Invocation invocation, CopyVerbOptions options, ConnectionOptions connection,
    System.CommandLine.ParseResult parsed)
{
    readonly bool _quiet = parsed.GetValue(options.Quiet);

    public async Task<int> RunAsync(CopyPlace from, CopyPlace to, CancellationToken cancellationToken)
    {
        string? format = parsed.GetValue(options.Output);
        if (format is not (null or "json")) throw new UsageException($"--output must be json, not \"{format}\"");
        if (from.Pod is null && to.Pod is null) throw new UsageException("one of src or dest must be in a pod: [NAMESPACE/]POD:PATH");

        using StreamingClient client = new(connection.Load(parsed, invocation), new TransportFile());
        TargetResolver resolver = new(client.Endpoint) { PodTimeout = parsed.GetValue(options.Carrier.PodRunningTimeout) };
        CopyConsole console = new(invocation, _quiet);
        using CopySignals signals = new(console.Interrupted);
        CopyResult result;
        try
        {
            CopyOptions how = Options(console);
            result = (await FilesAsync(from), await FilesAsync(to)) switch
            {
                (null, { } target) => await target.CopyToPodAsync(from.Path, to.Path, how, cancellationToken),
                ({ } source, null) => await source.CopyFromPodAsync(from.Path, to.Path, how, cancellationToken),
                var (source, target) => await source!.CopyToAsync(from.Path, target!, to.Path, how, cancellationToken),
            };
        }
        finally
        {
            console.Clear();
        }

        foreach (CopyProblem refused in result.Refused)
            invocation.Error.WriteLine($"error: {new PeerText(refused.Path)} was not copied: {refused.Reason}");
        console.Say(CopySummary.Text(result, console.Elapsed));
        if (format is not null) invocation.Output.WriteLine(CopySummary.Json(result, console.Elapsed));
        return result.Refused.Count == 0 ? ExitCodes.Success : ExitCodes.Failure;

        async Task<PodFiles?> FilesAsync(CopyPlace place)
        {
            if (place.Pod is null) return null;
            ResolvedTarget resolved;
            try
            {
                resolved = await resolver.ResolveAsync(
                    place.Pod, TargetVerb.Exec, place.Namespace ?? connection.Namespace.Read(parsed), options.Container.Read(parsed),
                    cancellationToken);
            }
            catch (KubernetesApiException absent) when (absent.StatusCode == HttpStatusCode.NotFound && place.LocalHint is { } hint)
            {
                throw new HintedException(absent, hint);
            }

            if (parsed.GetValue(options.Carrier.Verbose)) foreach (string notice in resolved.Notices) console.Say(notice);
            return client.Files(resolved.Pod);
        }
    }

    CopyOptions Options(CopyConsole console) => new()
    {
        Exec = new ExecOptions
        {
            Transport = parsed.GetValue(options.Carrier.Transport),
            PingInterval = parsed.GetValue(options.Carrier.PingInterval),
            PingTimeout = parsed.GetValue(options.Carrier.PingTimeout),
            UpgradeTimeout = connection.RequestTimeout(parsed) ?? TimeSpan.FromMinutes(1),
        },
        Progress = console,
        Notice = console.Say,
        Preserve = !parsed.GetValue(options.NoPreserve),
        Owners = parsed.GetValue(options.Owner),
        SpecialModes = parsed.GetValue(options.SpecialModes),
        Retries = parsed.GetValue(options.Retries),
        Consistent = parsed.GetValue(options.Consistent),
        Verify = parsed.GetValue(options.Verify),
        AnswerTimeout = parsed.GetValue(options.AnswerTimeout),
    };
}
