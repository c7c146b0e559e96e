using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Fairlead.Cli.Gateway;

/// <summary>
/// Metrics and traces by OTLP, where the environment says to which collector, as OpenTelemetry's own variables say everything else.
/// </summary>
sealed class Telemetry : IDisposable
{
    const string Source = "Fairlead.Gateway";

    readonly MeterProvider _metrics;
    readonly TracerProvider _traces;

    Telemetry()
    {
        ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService("fairlead-gateway");
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Source).AddOtlpExporter().Build();
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Source).AddOtlpExporter().Build();
    }

    /// <returns>Null where no collector is named.</returns>
    public static Telemetry? Start() => Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }
        ? new Telemetry()
        : null;

    public void Dispose()
    {
        _metrics.Dispose();
        _traces.Dispose();
    }
}
