using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Logging;
using Fairlead.Cli.Options;
using Fairlead.Cli.Sessions;
using Fairlead.KubeConfig.Targets;

namespace Fairlead.Cli.Forwards;

/// <summary>One port-forward, from the look-up of its target until a signal or a loss ends it.</summary>
sealed class ForwardRun(Invocation invocation, ForwardVerbOptions options, ConnectionOptions connection, ParseResult parsed)
{
    readonly ForwardConsole _console = new(invocation, parsed.GetValue(options.Carrier.Verbose));

    public async Task<int> RunAsync(string target, IReadOnlyList<PortArgument> ports, CancellationToken cancellationToken)
    {
        using StopSignals stop = new();
        using CancellationTokenSource stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = stop.Requested.ContinueWith(
            _ => stopped.Cancel(), stopped.Token, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await ForwardAsync(target, ports, stop, stopped.Token);
        }
        catch (OperationCanceledException) when (stop.Requested.IsCompleted)
        {
            return ExitCodes.Success; // before it began, or after: to be stopped is how it is meant to end
        }
    }

    async Task<int> ForwardAsync(string target, IReadOnlyList<PortArgument> ports, StopSignals stop, CancellationToken cancellationToken)
    {
        KubernetesEndpoint endpoint = connection.Load(parsed, invocation);
        TargetResolver resolver = new(endpoint) { PodTimeout = parsed.GetValue(options.Carrier.PodRunningTimeout) };
        NamedPorts finder = new((again, token) => resolver.ResolveForwardAsync(
            target, [.. ports.Select(port => port.Remote)], again, connection.Namespace.Read(parsed), token));
        using StreamingClient client = new(endpoint, new TransportFile()) { Finder = finder };
        (PodReference found, IReadOnlyList<ResolvedPort> its) = await finder.FindFirstAsync(cancellationToken);
        PortMapping[] mappings = [.. ports.Select((port, i) => new PortMapping(port.Listener(its[i]), its[i].Target))];
        await using PortForward forward = await client.ForwardAsync(found, mappings, Options(), cancellationToken);
        if (parsed.GetValue(options.Carrier.Verbose))
            invocation.Error.WriteLine(
                $"fairlead: connected by {forward.Connection} to {client.Endpoint.Server.GetLeftPart(UriPartial.Path).TrimEnd('/')}"
                + (forward.FellBack is { } reason ? $" ({reason})" : ""));
        _console.Began(forward);

        await Task.WhenAny(forward.Completion, stop.Requested);
        if (stop.Requested.IsCompleted) return ExitCodes.Success; // disposing resets what is open
        return await LostAsync(forward);
    }

    async Task<int> LostAsync(PortForward forward)
    {
        try
        {
            await forward.Completion;
            return ExitCodes.Success;
        }
        catch (Exception e) when (e is IOException and not OutputClosedException)
        {
            Log.Lost(invocation.Logging.CreateLogger("Fairlead.Cli"), e);
            invocation.Error.WriteLine($"error: lost connection to pod: {e.Message.TrimEnd('.')}"); // kubectl's words, and why
            return ExitCodes.Failure;
        }
    }

    ForwardOptions Options() => new()
    {
        Addresses = parsed.GetValue(options.Addresses)!,
        FailWhenLost = parsed.GetValue(options.FailWhenLost),
        RedialTimeout = parsed.GetValue(options.RedialTimeout),
        MostConnections = parsed.GetValue(options.MostConnections),
        Observer = _console.Tell,
        Connection = new PortForwardOptions
        {
            Transport = parsed.GetValue(options.Carrier.Transport),
            Protocols = parsed.GetValue(options.Protocols),
            PingInterval = parsed.GetValue(options.Carrier.PingInterval),
            PingTimeout = parsed.GetValue(options.Carrier.PingTimeout),
            UpgradeTimeout = connection.RequestTimeout(parsed) ?? TimeSpan.FromMinutes(1),
        },
    };
}
