using System.Globalization;

namespace Fairlead.Containerd.Pods;

/// <summary>Times as a CRI gives them, nanoseconds since 1970, and as the API writes them.</summary>
static class CriTime
{
    public static DateTimeOffset Of(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);

    public static string Format(long nanoseconds) =>
        Of(nanoseconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
