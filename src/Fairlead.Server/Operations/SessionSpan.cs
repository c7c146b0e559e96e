using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Operations;

/// <summary>
/// The span of one session at a server, in its caller's trace. Names and tags are those of OpenTelemetry's conventions where these have
/// one. It never has a query, so no command, no header and no ticket.
/// </summary>
public sealed class SessionSpan
{
    static readonly FrozenSet<string> s_methods = FrozenSet.Create(StringComparer.Ordinal, "GET", "POST", "CONNECT", "PUT", "HEAD");

    readonly Activity _activity;

    SessionSpan(Activity activity) => _activity = activity;

    /// <summary>Begins it. It is the current activity from here on, so that what is asked on its behalf belongs to the trace too.</summary>
    /// <param name="source">Whose span it is.</param>
    /// <param name="context">The request.</param>
    /// <param name="path">Its path, without the query; null where it is no session's for certain, and nothing is told of it.</param>
    /// <returns>Null where nobody listens: then nothing of this costs anything.</returns>
    public static SessionSpan? Start(ActivitySource source, HttpContext context, string? path)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(context);
        if (!source.HasListeners()) return null;
        SessionPath? session = path is null ? null : SessionPath.Of(path);
        string method = s_methods.Contains(context.Request.Method) ? context.Request.Method : "_OTHER";
        ActivityContext parent = ParentOf(context);
        Activity? before = Activity.Current;
        if (parent == default) Activity.Current = null; // a trace of its own, not a part of whatever the server was started in
        Activity? activity = source.StartActivity(session is { } known ? $"{method} {known.Route}" : method, ActivityKind.Server, parent);
        if (activity is null)
        {
            Activity.Current = before;
            return null;
        }

        if (activity.IsAllDataRequested)
        {
            activity.SetTag("http.request.method", method).SetTag("http.route", session?.Route).SetTag("url.path", session?.Path)
                .SetTag("fairlead.kind", session?.Kind ?? "upgrade").SetTag("k8s.namespace.name", session?.Namespace)
                .SetTag("k8s.pod.name", session?.Pod).SetTag("k8s.container.name", session?.Container);
        }

        return new SessionSpan(activity);
    }

    /// <summary>Adds what became known later.</summary>
    /// <param name="name">The tag's name.</param>
    /// <param name="value">Its value; null changes nothing.</param>
    public SessionSpan Tag(string name, string? value)
    {
        if (value is not null) _activity.SetTag(name, value);
        return this;
    }

    /// <summary>It is over.</summary>
    /// <param name="end">How.</param>
    /// <param name="code">The status code of the answer, 101 for a session that ran; null where there was none.</param>
    /// <param name="exitCode">The command's; null where it is not known, or there was none.</param>
    public void End(SessionEnd end, int? code, int? exitCode)
    {
        _activity.SetTag("fairlead.end", end.ToString());
        if (code is not null) _activity.SetTag("http.response.status_code", code);
        if (exitCode is { } exit) _activity.SetTag("process.exit.code", exit);
        bool isLost = end is SessionEnd.Failed or SessionEnd.ServerLost or SessionEnd.ClientLost, isFault = code >= 500;
        if (isLost) _activity.SetTag("error.type", end.ToString());
        else if (isFault) _activity.SetTag("error.type", code!.Value.ToString(CultureInfo.InvariantCulture));
        // no client's doing
        if (isFault || end is SessionEnd.Failed or SessionEnd.ServerLost) _activity.SetStatus(ActivityStatusCode.Error);
        _activity.Stop();
    }

    /// <summary>The request carried on a session whose span is another one.</summary>
    internal void Stop() => _activity.SetTag("fairlead.resumed", true).Stop();

    /// <summary>
    /// The caller's, or that of the application which this is a part of, where it listens to its requests itself and has not begun another
    /// trace.
    /// </summary>
    static ActivityContext ParentOf(HttpContext context)
    {
        ActivityContext caller = CallerTrace.ContextOf(context.Request);
        return Activity.Current is { Recorded: true } outer && (caller == default || caller.TraceId == outer.TraceId)
            ? outer.Context
            : caller;
    }
}
