namespace Fairlead.Cli.Telemetry;

/// <summary>
/// Whether the environment names a collector, by OpenTelemetry's own variables. Where it does not, no line of OpenTelemetry's runs and none
/// of its assemblies is loaded: most commands are run without one, and are to start as fast as before.
/// </summary>
static class TelemetryExport
{
    /// <summary>Begins to tell. Disposing sends what is left, and waits for that no longer than a moment.</summary>
    /// <param name="service">What is told; null for a verb of which nothing is.</param>
    /// <returns>Null where nobody is told anything.</returns>
    public static IDisposable? Start(ToldService? service)
    {
        if (service is null) return null;
        bool traces = IsWanted("TRACES"), metrics = service.Meter is not null && IsWanted("METRICS");
        return traces || metrics ? OtlpExport.Start(service, traces, metrics) : null;
    }

    static bool IsWanted(string signal) =>
        (IsSet($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") || IsSet("OTEL_EXPORTER_OTLP_ENDPOINT"))
        && Environment.GetEnvironmentVariable($"OTEL_{signal}_EXPORTER") is not "none";

    static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
}
