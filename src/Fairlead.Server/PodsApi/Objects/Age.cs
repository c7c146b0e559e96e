using System.Globalization;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>
/// How long ago something was, in two figures at most, as Kubernetes shows it: <c>45s</c>, <c>3m7s</c>, <c>26h</c>, <c>5d4h</c>.
/// </summary>
static class Age
{
    public static string Of(DateTimeOffset? since, DateTimeOffset now) => since is { } time ? Of(now - time) : "<unknown>";

    static string Of(TimeSpan age)
    {
        long seconds = (long)age.TotalSeconds, minutes = seconds / 60, hours = minutes / 60, days = hours / 24, years = days / 365;
        return seconds switch
        {
            < -1 => "<invalid>",
            < 0 => "0s",
            < 120 => One(seconds, 's'),
            _ when minutes < 10 => Two(minutes, 'm', seconds % 60, 's'),
            _ when minutes < 180 => One(minutes, 'm'),
            _ when hours < 8 => Two(hours, 'h', minutes % 60, 'm'),
            _ when hours < 48 => One(hours, 'h'),
            _ when days < 8 => Two(days, 'd', hours % 24, 'h'),
            _ when years < 2 => One(days, 'd'),
            _ when years < 8 => Two(years, 'y', days % 365, 'd'),
            _ => One(years, 'y'),
        };
    }

    static string One(long count, char unit) => string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");

    static string Two(long count, char unit, long rest, char restUnit) =>
        rest == 0 ? One(count, unit) : One(count, unit) + One(rest, restUnit);
}
