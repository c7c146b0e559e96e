using System.Globalization;
using Fairlead.Server.PodsApi;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server;

/// <summary>Query parameters as the API server reads them: of a name that stands there more than once, the first value counts.</summary>
public static class QueryValues
{
    /// <summary>The first value of a name; null where it is absent.</summary>
    public static string? First(IQueryCollection query, string name) =>
        (query ?? throw new ArgumentNullException(nameof(query))).TryGetValue(name, out var values) && values.Count > 0 ? values[0] ?? "" : null;

    /// <summary>Absent, <c>0</c> and <c>false</c> in any case are false; anything else is true, also an empty value and <c>no</c>.</summary>
    public static bool Boolean(IQueryCollection query, string name) =>
        First(query, name) is { } value && value != "0" && !value.Equals("false", StringComparison.OrdinalIgnoreCase);

    /// <summary>A whole number; null where it is absent or empty.</summary>
    /// <exception cref="ApiRefusal">400: it is no number.</exception>
    internal static long? Number(IQueryCollection query, string name)
    {
        string? value = First(query, name);
        if (string.IsNullOrEmpty(value)) return null;
        return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new ApiRefusal(Refusals.BadRequest($"the query parameter {name} is no whole number: \"{value}\""));
    }
}
