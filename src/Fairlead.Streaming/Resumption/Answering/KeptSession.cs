using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>
/// A session at a server, between its carriers: whose it is, which carrier has it, and for how long it is kept without one. A carrier that
/// comes takes over from one that seems to live, since a connection that is half dead must not lock its owner out.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle, and is waited for until the last carrier is gone.")]
sealed class KeptSession
{
    /// <summary>How long telling a client of the end may take.</summary>
    static readonly TimeSpan s_lastWord = TimeSpan.FromSeconds(2);

    readonly SessionRegistry _registry;
    readonly byte[] _secret, _digest;
    readonly string _subject;
    readonly SemaphoreSlim _handing = new(1, 1);
    readonly ITimer _expiry;
    SessionCarrier? _carrier;
    SessionLostException? _loss;
    uint _attempt;

    internal KeptSession(SessionRegistry registry, SessionOpening opening, SessionOwner owner, string subject)
    {
        (_registry, Id, Owner, _subject) = (registry, opening.Id, owner, subject);
        _attempt = opening.Attempt;
        (_secret, _digest) = (opening.Secret.ToArray(), opening.Digest.ToArray());
        _expiry = registry.Time.CreateTimer(
            static session => ((KeptSession)session!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal UInt128 Id { get; }

    internal SessionOwner Owner { get; }

    /// <summary>Its channels.</summary>
    internal ResumableSession Session { get; set; } = null!;

    /// <summary>It has no carrier, and its time runs. The registry's.</summary>
    internal bool IsDetached { get; set; }

    /// <summary>What a client is told that comes when it is over.</summary>
    internal SessionRefusal Epitaph { get; private set; } = SessionRefusal.Over;

    internal bool IsSecret(ReadOnlySpan<byte> secret) => CryptographicOperations.FixedTimeEquals(_secret, secret);

    /// <summary>Takes the number of an opening, under the registry's lock.</summary>
    /// <returns>False for one that is not later than all before it: its carrier is one that the client has given up.</returns>
    internal bool TryAdvance(uint attempt)
    {
        if (attempt <= _attempt) return false;
        Volatile.Write(ref _attempt, attempt);
        return true;
    }

    internal bool IsRequest(ReadOnlySpan<byte> digest, string subject) => _digest.AsSpan().SequenceEqual(digest) && _subject == subject;

    /// <summary>Serves it over a carrier until that has ended.</summary>
    internal async Task ServeAsync(SessionCarrier carrier, SessionOpening opening, bool isResumed)
    {
        await _handing.WaitAsync();
        try
        {
            if (!Session.Ended.IsCompleted && !Session.Fits(opening.Received))
            {
                // before the carrier that it has is touched: whoever is wrong here must not disturb who is right
                await RefuseAsync(carrier, SessionRefusal.BadTotals, SessionRegistry.WordsOf(SessionRefusal.BadTotals));
                return;
            }

            if (opening.Attempt < Volatile.Read(ref _attempt))
            {
                await RefuseAsync(carrier, SessionRefusal.TakenOver, SessionRegistry.WordsOf(SessionRefusal.TakenOver));
                return;
            }

            if (_carrier is { } before)
            {
                before.Refuse(SessionRefusal.TakenOver, "another connection of the client's has taken the session over");
                await ReleaseAsync(before);
            }

            _registry.OnAttached(this);
            if (!carrier.Accept(Session, isResumed, opening.Received))
            {
                if (!Session.Ended.IsCompleted) OnDetached();
                await RefuseAsync(carrier, Epitaph, SessionRegistry.WordsOf(Epitaph));
                return;
            }

            _carrier = carrier;
        }
        finally
        {
            _handing.Release();
        }

        SessionLostException? loss = await carrier.Ended;
        await _handing.WaitAsync();
        try
        {
            if (_carrier != carrier) return; // taken over, and released there
            await ReleaseAsync(carrier);
            _loss = loss;
            if (!Session.Ended.IsCompleted) OnDetached();
        }
        finally
        {
            _handing.Release();
        }
    }

    /// <summary>When this returns no loop of the carrier touches the session any more.</summary>
    async Task ReleaseAsync(SessionCarrier carrier)
    {
        await carrier.DisposeAsync();
        Session.Detach(carrier);
        _carrier = null;
    }

    /// <summary>It has no carrier: its time runs, unless too many are kept already.</summary>
    internal void OnDetached()
    {
        if (!_registry.TryKeep(this)) Lose("no more sessions are kept here");
        else _expiry.Change(_registry.Limits.Keep, Timeout.InfiniteTimeSpan);
    }

    internal void StopTime() => _expiry.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    void Expire()
    {
        if (IsDetached) Lose($"it has not come back for {_registry.Limits.Keep.TotalSeconds:0.#} s");
    }

    void Lose(string why)
    {
        Epitaph = SessionRefusal.Expired;
        string how = _loss is null ? "" : $" ({_loss.Message.TrimEnd('.')})";
        Session.End(new SessionLostException(_loss?.Kind ?? SessionLoss.PeerClosed, $"The client's connection was lost{how}, and {why}."));
    }

    /// <summary>Ends it for a reason of this side's, which a client that is there is told.</summary>
    internal void Abort(SessionLostException reason)
    {
        if (Session.Ended.IsCompleted) return;
        SessionCarrier? carrier = _carrier;
        Epitaph = SessionRefusal.Stopping;
        Session.End(reason);
        if (carrier is not null) _ = RefuseAsync(carrier, SessionRefusal.Stopping, reason.Message);
    }

    /// <summary>Waits until the client has confirmed everything, or is lost, and closes the carrier in order.</summary>
    internal async Task CloseAsync(TimeSpan linger)
    {
        await Session.Delivered;
        SessionCarrier? carrier = _carrier;
        Session.End(null);
        if (carrier is not null) await carrier.CloseAsync(linger, linger + s_lastWord);
    }

    /// <summary>It is over: nothing of it is needed any more but its name.</summary>
    internal void Dispose() => _expiry.Dispose();

    internal static Task RefuseAsync(SessionCarrier carrier, SessionRefusal code, string text)
    {
        carrier.Refuse(code, text);
        return carrier.CloseAsync(s_lastWord, s_lastWord);
    }
}
