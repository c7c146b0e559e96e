namespace Fairlead.Wire;

/// <summary>How a server picks one of the subprotocols that a client offers.</summary>
public static class SubprotocolNegotiation
{
    /// <summary>Splits the values of a <c>Sec-WebSocket-Protocol</c> header at commas and trims them.</summary>
    /// <remarks>All header lines count here; Go servers read only the first, so a client sends one line.</remarks>
    public static IReadOnlyList<string> Split(IEnumerable<string?> headerValues)
    {
        List<string> names = [];
        foreach (string? value in headerValues)
        {
            if (value is null) continue;
            names.AddRange(value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }

        return names;
    }

    /// <summary>
    /// Picks as Kubernetes does: a version that can end the input (<c>v5.channel.k8s.io</c>) wherever it stands in the offer, else the
    /// first offered name that is accepted; no offer at all means no subprotocol.
    /// </summary>
    /// <returns>The version, or null where nothing matches: the server then answers 403.</returns>
    public static RemoteCommandProtocol? Pick(IReadOnlyList<string> offered, IReadOnlyCollection<RemoteCommandProtocol> accepted)
    {
        if (offered.Count == 0) return Accept("", accepted);
        foreach (RemoteCommandProtocol form in accepted)
        {
            if (form is { CanEndInput: true, IsSpdy: false } && offered.Contains(form.Name)) return form;
        }

        foreach (string name in offered)
        {
            if (name.Length > 0 && Accept(name, accepted) is { } protocol) return protocol;
        }

        return null;
    }

    static RemoteCommandProtocol? Accept(string name, IReadOnlyCollection<RemoteCommandProtocol> accepted) =>
        RemoteCommandProtocol.Find(name) is { } protocol && accepted.Contains(protocol) ? protocol : null;
}
