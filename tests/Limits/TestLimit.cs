using System.Globalization;

namespace Fairlead.Testing.Limits;

/// <summary>How long a test may take. Generous: reached only when something hangs.</summary>
static class TestLimit
{
    /// <summary>For a test that does not say its own. FAIRLEAD_TEST_LIMIT sets it, in seconds; the large sizes have time.</summary>
    internal static TimeSpan Default { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("FAIRLEAD_TEST_LIMIT"), CultureInfo.InvariantCulture, out int seconds)
        ? TimeSpan.FromSeconds(seconds)
        : TimeSpan.FromMinutes(Repository.IsFull ? 60 : IsInterop ? 5 : 2);

    /// <summary>How much longer a test may take until it has ended after its limit, before the process is ended.</summary>
    internal static TimeSpan Grace { get; } = Default / 2;

    /// <summary>What fixtures may take between two tests: some build the command, or start a container runtime.</summary>
    internal static TimeSpan BetweenTests { get; } = Default * (IsInterop ? 4 : 1);

    static bool IsInterop => typeof(TestLimit).Assembly.GetName().Name!.Contains("InteropTests", StringComparison.Ordinal);
}
