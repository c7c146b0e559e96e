using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>How an answer is shaped.</summary>
enum FormKind
{
    /// <summary>The client accepts nothing that this server can write.</summary>
    None = 0,

    /// <summary>Objects as they are.</summary>
    Plain,

    /// <summary>Rows with cells, for people.</summary>
    Table,
}

/// <summary>The form that a client asks for in its Accept header: the first of its list that this server has. Always JSON.</summary>
/// <param name="Kind">The form of objects.</param>
/// <param name="TableVersion">The version of a table, as it was asked for.</param>
/// <param name="Aggregated">Discovery is wanted in the aggregated form.</param>
readonly record struct AcceptedForm(FormKind Kind, string TableVersion, bool Aggregated)
{
    public static AcceptedForm Of(HttpRequest request)
    {
        string accept = request.Headers.Accept.ToString();
        if (accept.Length == 0) return new(FormKind.Plain, "", false);

        foreach (string range in accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Read(range) is { } form) return form;
        }

        return default;
    }

    static AcceptedForm? Read(string range)
    {
        string[] parts = range.Split(';', StringSplitOptions.TrimEntries);
        if (parts[0].ToLowerInvariant() is not ("application/json" or "application/*" or "*/*")) return null;

        string? As = Parameter(parts, "as"), group = Parameter(parts, "g"), version = Parameter(parts, "v");
        return (As, group, version) switch
        {
            (null, null, null) => new(FormKind.Plain, "", false),
            ("Table", "meta.k8s.io", "v1" or "v1beta1") => new(FormKind.Table, version, false),
            ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2") => new(FormKind.Plain, "", true),
            _ => null,
        };
    }

    static string? Parameter(string[] parts, string name)
    {
        foreach (string part in parts.AsSpan(1))
        {
            if (part.Length > name.Length && part[name.Length] == '=' && part.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                return part[(name.Length + 1)..];
        }

        return null;
    }
}
