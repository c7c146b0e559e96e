using System.Buffers.Binary;
using System.Security.Cryptography;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>
/// The sessions of a server: which an opening means, whether it may have it, and that none is ever started twice.
/// </summary>
/// <remarks>
/// An opening is repeated where its answer was lost. One of a session that is not known here starts it, unless it may have been answered
/// before: by a server that ran before this one, so long ago that the session's time is over, or by a session that is over and remembered.
/// Safe for concurrent use.
/// </remarks>
sealed class SessionRegistry
{
    readonly Lock _lock = new();
    readonly Dictionary<UInt128, KeptSession> _sessions = [];
    readonly Dictionary<string, SessionOwner> _owners = [];
    readonly Dictionary<UInt128, SessionRefusal> _over = [];
    readonly Queue<(UInt128 Id, long At)> _order = new();
    readonly SessionOwner _everybody;
    readonly UInt128 _server = BinaryPrimitives.ReadUInt128LittleEndian(RandomNumberGenerator.GetBytes(16));
    readonly long _started;
    bool _isSuspending;

    internal SessionRegistry(KeepLimits limits, TimeProvider? time = null)
    {
        (Limits, Time) = (limits, time ?? TimeProvider.System);
        _everybody = new SessionOwner(null, new ByteBudget(limits.MostBytes));
        _started = Time.GetTimestamp();
    }

    internal KeepLimits Limits { get; }

    internal TimeProvider Time { get; }

    /// <summary>What has become of sessions and openings.</summary>
    internal KeepCounts Counts { get; } = new();

    /// <summary>Sessions that are not over.</summary>
    internal int Count
    {
        get
        {
            lock (_lock) return _sessions.Count;
        }
    }

    /// <summary>Of these without a carrier.</summary>
    internal int Detached
    {
        get
        {
            lock (_lock) return _everybody.Detached;
        }
    }

    /// <summary>Bytes that they keep.</summary>
    internal long KeptBytes => _everybody.Bytes.Used;

    long Clock => (long)Time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>What the server says first on a carrier.</summary>
    internal SessionHello Greet() => new(new SessionMoment(_server, Clock), Limits.Keep);

    /// <summary>Judges an opening. A session that it starts is in the registry when this returns.</summary>
    /// <param name="opening">The opening.</param>
    /// <param name="caller">Who sends it; null where the server cannot tell callers apart.</param>
    /// <param name="subject">What the request asks for, as the server understands it.</param>
    /// <param name="create">Makes the channels of a session that begins.</param>
    /// <param name="told">Told of what befalls a session that begins between its carriers; must return at once.</param>
    internal Verdict Decide(
        SessionOpening opening, string? caller, string subject, Func<ByteBudget, ResumableSession> create, Action<KeepEvent>? told = null)
    {
        lock (_lock)
        {
            Forget();
            if (_sessions.TryGetValue(opening.Id, out KeptSession? known)) return Judge(known, opening, caller, subject);
            if (_isSuspending && (opening.IsKnown || opening.Attempt > 1)) return new Verdict { IsLeftToNext = true };
            if (_over.TryGetValue(opening.Id, out SessionRefusal epitaph)) return Refused(epitaph, WordsOf(epitaph));
            if (_isSuspending) return Refused(SessionRefusal.Stopping, "the server is stopping; nothing was started");
            if (opening.First.Server != _server) return Refused(SessionRefusal.ServerLost);
            if (opening.IsKnown) return Refused(SessionRefusal.Unknown);
            if (Clock - opening.First.Clock > Limits.Keep.TotalMilliseconds) return Refused(SessionRefusal.Expired);
            if (opening.First.Clock > Clock || opening.Received.Count > 0) return Refused(SessionRefusal.BadMessage);
            SessionOwner owner = OwnerOf(caller);
            if (_everybody.Sessions >= Limits.MostSessions || owner.Sessions >= MostOf(owner, Limits.MostSessionsOfCaller)
                || _order.Count >= Limits.MostRemembered)
            {
                if (owner.Sessions == 0 && caller is not null) _owners.Remove(caller);
                return Refused(SessionRefusal.TooMany);
            }

            KeptSession session = new(this, opening, owner, subject, told) { Session = create(owner.Bytes) };
            session.Session.Over = () => Remove(session);
            _sessions.Add(opening.Id, session);
            owner.Sessions++;
            if (owner != _everybody) _everybody.Sessions++;
            return new Verdict(session, false, default, "");
        }
    }

    /// <remarks>The session is the present opening's from here on, if its carrier comes to it.</remarks>
    static Verdict Judge(KeptSession session, SessionOpening opening, string? caller, string subject) =>
        !session.IsSecret(opening.Secret.Span) ? Refused(SessionRefusal.WrongSecret)
        : session.Owner.Caller != caller ? Refused(SessionRefusal.ForeignCaller)
        : !session.IsRequest(opening.Digest.Span, subject) ? Refused(SessionRefusal.DifferentRequest)
        : !session.Session.Fits(opening.Received) ? Refused(SessionRefusal.BadTotals)
        : !session.TryAdvance(opening.Attempt) ? Refused(SessionRefusal.TakenOver)
        : new Verdict(session, true, default, "");

    /// <summary>It has a carrier again.</summary>
    internal void OnAttached(KeptSession session)
    {
        session.StopTime();
        lock (_lock) Attach(session);
    }

    void Attach(KeptSession session)
    {
        if (!session.IsDetached) return;
        session.IsDetached = false;
        session.Owner.Detached--;
        if (session.Owner != _everybody) _everybody.Detached--;
    }

    /// <summary>It has no carrier.</summary>
    /// <returns>False where too many are kept already; null where it has ended meanwhile, and is not to be kept.</returns>
    internal bool? TryKeep(KeptSession session)
    {
        lock (_lock)
        {
            if (!_sessions.ContainsKey(session.Id)) return null;
            if (_everybody.Detached >= Limits.MostDetached
                || session.Owner.Detached >= MostOf(session.Owner, Limits.MostDetachedOfCaller)) return false;
            session.IsDetached = true;
            session.Owner.Detached++;
            if (session.Owner != _everybody) _everybody.Detached++;
            return true;
        }
    }

    /// <summary>The server is about to go: none begins any more, and who runs one is asked to stop where it is.</summary>
    internal void Suspend()
    {
        KeptSession[] sessions;
        lock (_lock)
        {
            _isSuspending = true;
            sessions = [.. _sessions.Values];
        }

        foreach (KeptSession session in sessions) session.BeginSuspension();
    }

    /// <summary>
    /// Takes a session that an earlier process saved, as one without a carrier. It comes in addition to what limits allow: it was counted
    /// there.
    /// </summary>
    /// <exception cref="InvalidDataException">It cannot be read, or is here already.</exception>
    internal KeptSession Restore(BinaryReader reader, Func<ByteBudget, ResumableSession> create, Action<KeepEvent>? told)
    {
        SavedSession saved = SavedSession.Read(reader);
        lock (_lock)
        {
            SessionOwner owner = OwnerOf(saved.Caller);
            KeptSession session = new(this, saved, owner, told) { Session = create(owner.Bytes), IsDetached = true };
            session.Session.Restore(reader);
            session.Session.Over = () => Remove(session);
            if (!_sessions.TryAdd(saved.Id, session)) throw new InvalidDataException("a saved session is there twice");
            owner.Sessions++;
            owner.Detached++;
            if (owner != _everybody)
            {
                _everybody.Sessions++;
                _everybody.Detached++;
            }

            session.Continue(saved.Expires);
            return session;
        }
    }

    void Remove(KeptSession session)
    {
        lock (_lock)
        {
            if (!_sessions.Remove(session.Id)) return;
            Attach(session);
            session.Owner.Sessions--;
            if (session.Owner != _everybody) _everybody.Sessions--;
            if (session.Owner is { Sessions: 0, Caller: { } caller }) _owners.Remove(caller);
            _over[session.Id] = session.Epitaph;
            _order.Enqueue((session.Id, Time.GetTimestamp()));
        }

        session.Dispose();
    }

    /// <summary>
    /// Names are forgotten when no opening can be on its way that could start them again; and where there are not too many of them, not
    /// before a client that comes back late would be told a word of its own.
    /// </summary>
    void Forget()
    {
        while (_order.TryPeek(out var oldest))
        {
            TimeSpan age = Time.GetElapsedTime(oldest.At);
            if (age < Limits.Keep && (_order.Count < Limits.MostRemembered || age < 2 * Limits.Sessions.OpeningTimeout)) return;
            _order.Dequeue();
            _over.Remove(oldest.Id);
        }
    }

    SessionOwner OwnerOf(string? caller)
    {
        if (caller is null) return _everybody;
        if (_owners.TryGetValue(caller, out SessionOwner? owner)) return owner;
        owner = new SessionOwner(caller, new ByteBudget(Limits.MostBytesOfCaller, _everybody.Bytes));
        _owners.Add(caller, owner);
        return owner;
    }

    int MostOf(SessionOwner owner, int most) => owner == _everybody ? int.MaxValue : most;

    static Verdict Refused(SessionRefusal code, string? text = null) => new(null, false, code, text ?? WordsOf(code));

    internal static string WordsOf(SessionRefusal code) => code switch
    {
        SessionRefusal.Unknown => "this server has no such session",
        SessionRefusal.ServerLost =>
            "the session began at another server, or before this one was started: how its command ended is not known",
        SessionRefusal.Expired => "the session had no connection for too long, and its client was taken for lost",
        SessionRefusal.Over => "the session is over",
        SessionRefusal.WrongSecret => "the secret is not that of the session",
        SessionRefusal.ForeignCaller => "the session was opened by somebody else",
        SessionRefusal.DifferentRequest => "the session was opened for another command, container or pod",
        SessionRefusal.BadTotals => "the client says that it has received what cannot be",
        SessionRefusal.TakenOver => "a later opening of the session has come before this one",
        SessionRefusal.TooMany => "this server keeps as many sessions as it may; nothing was started",
        SessionRefusal.Stopping => "the server has ended the session: it was stopping",
        _ => "the opening cannot be read",
    };
}
