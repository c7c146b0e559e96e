using System.Diagnostics;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Operations;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Gateway.Sessions;

/// <summary>What is told of one session: metrics while it runs, a trace, and a line of audit at its end.</summary>
sealed class SessionRecord
{
    readonly GatewayOptions _options;
    readonly GatewayMetrics _metrics;
    readonly AuditRecord _asked;
    readonly long _started;
    readonly Activity? _activity;
    string _server = "";
    bool _isSpliced;

    internal SessionRecord(GatewayOptions options, GatewayMetrics metrics, StreamTarget target, Caller caller, RemoteCommandRequest request, string client)
    {
        (_options, _metrics, _started) = (options, metrics, options.Clock.GetTimestamp());
        Traffic = new RelayTraffic(options.Clock);
        _asked = new AuditRecord
        {
            Time = options.Clock.GetUtcNow(),
            Who = caller.Name,
            Kind = target.Subresource,
            Namespace = target.Namespace,
            Pod = target.Pod,
            Container = target.Container,
            Command = AuditRecord.Show(request.Command, options.AuditCommand),
            ClientProtocol = client,
            End = "",
        };
        _activity = GatewayMetrics.Traces.StartActivity("session", ActivityKind.Server);
        _activity?.SetTag("k8s.namespace.name", target.Namespace).SetTag("k8s.pod.name", target.Pod).SetTag("fairlead.kind", target.Subresource);
    }

    /// <summary>What the session carries.</summary>
    internal RelayTraffic Traffic { get; }

    internal void Refused(Status refusal) => Tell(_asked with { End = "Refused", Reason = refusal.Reason });

    internal void Begin(string server, bool fellBack, bool isSpliced)
    {
        (_server, _isSpliced) = (server, isSpliced);
        _metrics.Begin(_asked.ClientProtocol!, server, fellBack);
    }

    internal void End(RelayOutcome outcome)
    {
        TimeSpan duration = _options.Clock.GetElapsedTime(_started);
        _metrics.End(_asked.ClientProtocol!, _server, _isSpliced, outcome.End, Traffic, duration);
        bool hasCode = outcome.Status is { } status && status.TryGetExitCode(out _);
        int code = 0;
        outcome.Status?.TryGetExitCode(out code);
        Tell(_asked with
        {
            ServerProtocol = _server,
            BytesToServer = Traffic.BytesToServer,
            BytesToClient = Traffic.BytesToClient,
            ExitCode = hasCode ? code : null,
            End = outcome.End.ToString(),
            Reason = hasCode ? null : outcome.Status?.Reason,
            Duration = duration,
        });
    }

    void Tell(AuditRecord record)
    {
        _activity?.SetTag("fairlead.client", record.ClientProtocol).SetTag("fairlead.server", record.ServerProtocol).SetTag("fairlead.end", record.End).Dispose();
        _options.Audit?.Invoke(record);
    }
}
