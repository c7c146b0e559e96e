using System.Diagnostics;
using System.Net.Http.Headers;

namespace Fairlead.Upgrades.Requests;

/// <summary>
/// Puts the trace that a request belongs to on it. HTTP's client does that too, but by an activity that it makes for the request: where
/// nobody listens to that one, the server's part of the trace would hang below a span that no collector ever gets.
/// </summary>
static class TraceHeaders
{
    /// <summary>The source of HTTP's client, under its name: whoever listens to that one listens to this one.</summary>
    static readonly ActivitySource s_http = new("System.Net.Http");

    /// <summary>Names the activity that is current, where HTTP's client will not name one that is heard.</summary>
    /// <param name="request">The request. A header that it has already stays.</param>
    /// <param name="propagator">Says which headers; null for none.</param>
    internal static void Put(HttpRequestMessage request, DistributedContextPropagator? propagator)
    {
        if (propagator is null || Activity.Current is not { } current || s_http.HasListeners()) return;
        propagator.Inject(current, request.Headers, static (carrier, name, value) =>
        {
            HttpRequestHeaders headers = (HttpRequestHeaders)carrier!;
            if (!headers.NonValidated.Contains(name)) headers.TryAddWithoutValidation(name, value);
        });
    }
}
