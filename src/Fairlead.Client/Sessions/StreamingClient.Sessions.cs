using System.Diagnostics;
using Fairlead.Client;
using Fairlead.Client.Telemetry;
using Fairlead.Streaming.RemoteCommand;

namespace Fairlead;

/// <summary>How a session is opened.</summary>
public sealed partial class StreamingClient
{
    async Task<RemoteProcess> OpenAsync(
        string subresource, PodReference pod, IReadOnlyList<string> command, ExecOptions? options, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        options ??= new ExecOptions();
        RemoteCommandRequest asked = new()
        {
            Command = command,
            Stdin = options.Stdin,
            Stdout = options.Stdout,
            Stderr = options.Stderr && !options.Tty,
            Tty = options.Tty,
        };
        pod = Place(pod);
        SessionTelemetry? telemetry = SessionTelemetry.Begin(subresource, Endpoint.Server, pod);
        if (options.Resume != TimeSpan.Zero)
            options = options with { ResumeEvents = SessionTale.Resumptions(_logger, subresource, telemetry, options.ResumeEvents) };
        try
        {
            pod = await FindPodAsync(pod, cancellationToken);
            Log.Opening(_logger, subresource, pod.Namespace!, pod.Name, pod.Container ?? "(the server's choice)", asked.Stdin,
                asked.Stdout, asked.Stderr, asked.Tty);
            (RemoteCommandAdapter adapter, string? fellBack) = await DialAsync(subresource, pod, asked, options, cancellationToken);
            AskingSession session = new(adapter, asked);
            Task told = Task.WhenAll(
                telemetry?.OpenedAsync(session, fellBack) ?? Task.CompletedTask,
                SessionTale.BeginAsync(_logger, subresource, session, started));
            return new RemoteProcess(session) { FellBack = fellBack, Told = told };
        }
        catch (Exception e)
        {
            telemetry?.Failed(e);
            throw;
        }
    }

    /// <summary>Asks for it, and once more with a container where the server cannot choose: nothing was started then.</summary>
    async Task<(RemoteCommandAdapter Adapter, string? FellBack)> DialAsync(
        string subresource, PodReference pod, RemoteCommandRequest asked, ExecOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await UpgradeAsync();
        }
        catch (UpgradeException refused) when (refused.NeedsContainer && pod.Container is null && Finder is not null)
        {
            pod = await Finder.FindAsync(pod, cancellationToken);
            return await UpgradeAsync();
        }

        async Task<(RemoteCommandAdapter Adapter, string? FellBack)> UpgradeAsync()
        {
            using Activity? upgrade = SessionTelemetry.Upgrade();
            try
            {
                return await _dialer.OpenAsync(
                    PodPath.Of(Endpoint.Server, pod, subresource, asked), asked, options, cancellationToken);
            }
            catch (Exception e)
            {
                upgrade?.Fail(e);
                throw;
            }
        }
    }
}
