using System.Runtime.CompilerServices;

namespace Fairlead.Upgrades.Sharing;

/// <summary>
/// Whether sessions with a server are streams of few HTTP/2 connections (RFC 8441), and what is known of that: servers that do not announce
/// it are not asked again for ten minutes, so that each session with them costs what it did.
/// </summary>
/// <remarks>
/// Which connections there are, and how many streams each may have, is the HTTP client's own knowledge: it follows the server's SETTINGS,
/// opens another connection when the streams of one are used up, and leaves one that was sent a GOAWAY. Connections belong to an endpoint's
/// handler, and so does a client certificate: two certificates never share one. Safe for concurrent use.
/// </remarks>
/// <param name="time">The clock; the system's for null.</param>
public sealed class SharedConnections(TimeProvider? time = null)
{
    /// <summary>How long a server that did not take it is not asked again.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromMinutes(10);

    readonly TimeProvider _time = time ?? TimeProvider.System;
    readonly ConditionalWeakTable<Exception, StrongBox<int>> _causes = new();
    long _notBefore = long.MinValue;

    /// <summary>
    /// Told once for each connection that was lost with several sessions on it, however many these were: in words of the system's or of
    /// the HTTP client's, without anything that was carried. Called by whatever reads or writes; must not block, nor throw. Null for
    /// nobody.
    /// </summary>
    public Action<string>? Lost { get; init; }

    /// <summary>A session may be asked for in this way.</summary>
    internal bool MayTry => _time.GetUtcNow().UtcTicks >= Volatile.Read(ref _notBefore);

    /// <summary>The server, or something before it, does not take it.</summary>
    internal void NotTaken() => Volatile.Write(ref _notBefore, (_time.GetUtcNow() + Pause).UtcTicks);

    /// <summary>
    /// A session's stream has failed. Where its connection is what was lost, every stream of it fails with one and the same exception at
    /// the bottom, and the second one that comes with it shows that it concerns several.
    /// </summary>
    internal void Failed(Exception failure)
    {
        Exception cause = failure.GetBaseException();
        StrongBox<int> seen = _causes.GetValue(cause, static _ => new StrongBox<int>());
        if (Interlocked.Increment(ref seen.Value) == 2) Lost?.Invoke(cause.Message);
    }
}
