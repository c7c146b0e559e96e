using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>
/// The remote commands of a server whose sessions outlive their carriers. A session is run by whoever was told of it when it began, for as
/// long as it lasts; a carrier, the first one too, is only lent to it.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
/// <param name="limits">How many are kept, and for how long.</param>
/// <param name="time">The clock; the system's for null.</param>
public sealed class ResumableCommands(KeepLimits limits, TimeProvider? time = null)
{
    readonly SessionRegistry _registry = new(limits, time);

    internal KeepCounts Counts => _registry.Counts;

    /// <summary>Sessions that are not over.</summary>
    public int Count => _registry.Count;

    /// <summary>Of these, those that have no connection now and are kept for their clients.</summary>
    public int Detached => _registry.Detached;

    /// <summary>Bytes that they keep for confirmation.</summary>
    public long KeptBytes => _registry.KeptBytes;

    /// <summary>How often a session went on by another connection, since the server began.</summary>
    public long Resumed => Counts.Resumed;

    /// <summary>Sessions whose client did not come back in time, or that could not be kept, since the server began.</summary>
    public long Expired => Counts.Expired;

    /// <summary>Openings that were refused since the server began, by why.</summary>
    public IEnumerable<KeyValuePair<SessionRefusal, long>> Refused => Counts.Refused;

    /// <summary>
    /// The server is about to go: no session begins any more, and those who run one are asked to stop where it is
    /// (<see cref="AnsweringSession.Suspending"/>), so that it can be saved.
    /// </summary>
    public void Suspend() => _registry.Suspend();

    /// <summary>
    /// Takes a session that <see cref="AnsweringSession.Save"/> wrote in an earlier process. It has no connection until its client comes
    /// back, and its time runs.
    /// </summary>
    /// <param name="saved">Where it was written.</param>
    /// <param name="request">What was asked for, the same as then.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="told">As for <see cref="ServeAsync"/>.</param>
    /// <returns>The session, which the caller runs and disposes.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It says what cannot be.</exception>
    public AnsweringSession Restore(
        BinaryReader saved, RemoteCommandRequest request, CarrierLimits limits, Action<KeepEvent>? told = null)
    {
        ArgumentNullException.ThrowIfNull(saved);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(limits);
        KeptSession session = _registry.Restore(saved, budget => Create(request, limits, budget), told);
        AnsweringSession restored = new(new AnsweringResumable(session, limits), request);
        restored.RestoreSize(saved);
        return restored;
    }

    ResumableSession Create(RemoteCommandRequest request, CarrierLimits limits, ByteBudget budget) => new(
        ResumableRemoteCommand.Plan(request, isServer: true, limits.InlineReaders), _registry.Limits.Sessions, limits.ChannelBytes,
        budget, _registry.Time);

    /// <summary>Serves an upgraded connection until it has ended, or was refused.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="subject">
    /// What it was asked of, as the server found it: a session is resumed only by a request for the same.
    /// </param>
    /// <param name="caller">Who asks; null where the server cannot tell callers apart.</param>
    /// <param name="limits">Bounds and deadlines of the connection.</param>
    /// <param name="cut">Cuts the connection at once; for a server whose stream does not do so when disposed.</param>
    /// <param name="begin">Told of a session that begins: runs and disposes it, and must return at once.</param>
    /// <param name="told">Told of what befalls the session between its connections, and of a refusal; must return at once. Null for
    /// nobody.</param>
    /// <param name="peerGone">Fires when the client is known to be gone; for a server whose stream drops writes then rather than
    /// fail.</param>
    /// <returns>True where a session had the connection; false where the opening was refused or never came.</returns>
    public async Task<bool> ServeAsync(
        Stream stream, RemoteCommandRequest request, string subject, string? caller, CarrierLimits limits, Action? cut,
        Action<AnsweringSession> begin, Action<KeepEvent>? told = null, CancellationToken peerGone = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(begin);
        await using SessionCarrier carrier = new(stream, isServer: true, limits, cut, _registry.Time, peerGone);
        carrier.Greet(_registry.Greet());
        SessionOpening? opening;
        try
        {
            opening = await carrier.Asked.WaitAsync(_registry.Limits.Sessions.OpeningTimeout, _registry.Time, CancellationToken.None);
        }
        catch (Exception e) when (e is SessionLostException or TimeoutException)
        {
            return false; // nothing was asked for, and nothing started
        }

        if (opening is null)
        {
            Count(SessionRefusal.BadMessage, "");
            await KeptSession.RefuseAsync(carrier, SessionRefusal.BadMessage, "the opening cannot be read");
            return false;
        }

        Verdict verdict = _registry.Decide(opening, caller, subject, budget => Create(request, limits, budget), told);
        if (verdict.IsLeftToNext) return false;
        if (verdict.Session is not { } session)
        {
            Count(verdict.Refusal, verdict.Text);
            await KeptSession.RefuseAsync(carrier, verdict.Refusal, verdict.Text);
            return false;
        }

        if (!verdict.IsResumed) begin(new AnsweringSession(new AnsweringResumable(session, limits), request));
        if (await session.ServeAsync(carrier, opening, verdict.IsResumed) is { } late) Count(late, SessionRegistry.WordsOf(late));
        return true;

        void Count(SessionRefusal code, string text)
        {
            Counts.OnRefused(code);
            told?.Invoke(new KeepEvent(KeepEventKind.Refused, code, text));
        }
    }
}
