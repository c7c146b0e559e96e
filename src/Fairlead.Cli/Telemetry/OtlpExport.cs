using Fairlead.Cli.Verbs;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Fairlead.Cli.Telemetry;

/// <summary>
/// Metrics and traces by OTLP: to which collector and how, OpenTelemetry's own variables say. The one class that knows OpenTelemetry's
/// packages.
/// </summary>
sealed class OtlpExport : IDisposable
{
    /// <summary>How long a collector that does not answer keeps a program that is done.</summary>
    const int LastWordsMilliseconds = 2000;

    readonly MeterProvider? _metrics;
    readonly TracerProvider? _traces;

    OtlpExport(ToldService service, bool traces, bool metrics)
    {
        // The environment's words come last, and win: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
        ResourceBuilder resource = ResourceBuilder.CreateEmpty().AddService(service.Name, serviceVersion: VersionVerb.Version)
            .AddTelemetrySdk().AddEnvironmentVariableDetector();
        if (traces)
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(service.Traces)
                .AddOtlpExporter(static options => Read(options, "TRACES")).Build();
        if (metrics)
            _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(service.Meter!)
                .AddOtlpExporter(static options => Read(options, "METRICS")).Build();
    }

    /// <summary>Begins to tell.</summary>
    public static OtlpExport Start(ToldService service, bool traces, bool metrics) => new(service, traces, metrics);

    /// <summary>What is said of one signal alone, which the package reads for several signals at once only.</summary>
    static void Read(OtlpExporterOptions options, string signal)
    {
        if (Of("ENDPOINT") is { } address && Uri.TryCreate(address, UriKind.Absolute, out Uri? endpoint)) options.Endpoint = endpoint;
        if (Of("HEADERS") is { } headers) options.Headers = headers;
        if (Of("PROTOCOL") is { } protocol)
            options.Protocol = protocol is "http/protobuf" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;

        string? Of(string what) =>
            Environment.GetEnvironmentVariable($"OTEL_EXPORTER_OTLP_{signal}_{what}") is { Length: > 0 } value ? value : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _traces?.Shutdown(LastWordsMilliseconds);
        _metrics?.Shutdown(LastWordsMilliseconds);
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
