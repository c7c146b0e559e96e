namespace Fairlead.InteropTests;

/// <summary>Judges by what a client said on stderr over which form it forwarded.</summary>
static class ForwardEvidence
{
    /// <returns>Null when it was the form that this client is here for; otherwise what was said instead.</returns>
    internal static string? WhyNotAsMeant(string name, string stderr)
    {
        (string expected, string? unexpected) = name switch
        {
            CommandLineClient.Fairlead => ("connected by WebSocket portforward.fairlead.v2", null),
            CommandLineClient.FairleadSpdy => ("connected by SPDY/3.1 portforward.k8s.io", null),
            Peer.KubectlStable or Peer.KubectlNewest => ("negotiated protocol: portforward.k8s.io", "POST"), // its tunnel's dialer; SPDY is asked for by POST
            _ => ("Upgrade: SPDY/3.1", "SPDY/3.1+portforward.k8s.io"),
        };
        bool isMeant = stderr.Contains(expected, StringComparison.OrdinalIgnoreCase) && (unexpected is null || !stderr.Contains(unexpected, StringComparison.OrdinalIgnoreCase));
        return isMeant ? null : $"{name} forwarded otherwise:\n{stderr}";
    }
}
