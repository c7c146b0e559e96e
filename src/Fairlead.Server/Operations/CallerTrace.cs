using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Operations;

/// <summary>
/// The trace that a request says it belongs to: W3C's <c>traceparent</c>, which is an id and whether it is recorded. Nothing else is taken
/// of what callers say of their traces: neither <c>tracestate</c> nor <c>baggage</c>, which are texts of theirs.
/// </summary>
/// <remarks>Source: W3C Trace Context, section 3.2.</remarks>
public static class CallerTrace
{
    /// <summary>The header.</summary>
    public const string Header = "traceparent";

    /// <summary>The header as it was sent.</summary>
    /// <param name="request">The request.</param>
    /// <returns>Null where there is none, or several, or one that cannot be read: that is as none.</returns>
    public static string? Of(HttpRequest request) => Read(request, out _);

    /// <summary>The same as what a span hangs below; nothing where the request has none.</summary>
    internal static ActivityContext ContextOf(HttpRequest request)
    {
        Read(request, out ActivityContext context);
        return context;
    }

    static string? Read(HttpRequest request, out ActivityContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        context = default;
        return request.Headers.TraceParent is [{ } text] && ActivityContext.TryParse(text, null, isRemote: true, out context) ? text : null;
    }
}
