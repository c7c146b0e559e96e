namespace Fairlead.Cli.Telemetry;

/// <summary>As what a verb is known to a collector, and what of it is told there.</summary>
/// <param name="Name">The service's name, where the environment gives no other.</param>
/// <param name="Traces">The source of its spans.</param>
/// <param name="Meter">The meter of its metrics; null for one that runs for a moment and whose metrics nobody would read.</param>
sealed record ToldService(string Name, string Traces, string? Meter = null)
{
    /// <summary>A verb that asks a server for something.</summary>
    public static ToldService Client { get; } = new("fairlead", "Fairlead");
}
