using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>
/// A session at a server, between its carriers: whose it is, which carrier has it, and for how long it is kept without one. A carrier that
/// comes takes over from one that seems to live, since a connection that is half dead must not lock its owner out.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle, and is waited for until the last carrier is gone.")]
sealed partial class KeptSession
{
    /// <summary>How long telling a client of the end may take.</summary>
    static readonly TimeSpan s_lastWord = TimeSpan.FromSeconds(2);

    readonly SessionRegistry _registry;
    readonly byte[] _secretHash, _digest;
    readonly CancellationTokenSource _suspending = new();
    readonly TaskCompletionSource _suspended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly string _subject;
    readonly SemaphoreSlim _handing = new(1, 1);
    readonly ITimer _expiry;
    readonly TimeSpan _keep;
    readonly Action<KeepEvent>? _told;
    SessionCarrier? _carrier;
    bool _isSuspended;
    long _detached;
    SessionLostException? _loss;
    uint _attempt;

    /// <param name="registry">Where it is kept.</param>
    /// <param name="opening">What began it.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="subject">What it was asked of.</param>
    /// <param name="told">Told of what befalls it; must return at once.</param>
    internal KeptSession(
        SessionRegistry registry, SessionOpening opening, SessionOwner owner, string subject, Action<KeepEvent>? told)
    {
        (_registry, Id, Owner, _subject, _told) = (registry, opening.Id, owner, subject, told);
        _keep = opening.Keep < registry.Limits.Keep ? opening.Keep : registry.Limits.Keep;
        _attempt = opening.Attempt;
        (_secretHash, _digest) = (SHA256.HashData(opening.Secret.Span), opening.Digest.ToArray());
        _expiry = CreateTimer();
    }

    /// <param name="registry">Where it is kept.</param>
    /// <param name="saved">What <see cref="SavedSession.Write"/> wrote of it, without its channels.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="told">Told of what befalls it; must return at once.</param>
    internal KeptSession(SessionRegistry registry, SavedSession saved, SessionOwner owner, Action<KeepEvent>? told)
    {
        (_registry, Id, Owner, _subject, _told) = (registry, saved.Id, owner, saved.Subject, told);
        (_keep, _attempt, _secretHash, _digest) = (saved.Keep, saved.Attempt, saved.SecretHash, saved.Digest);
        _expiry = CreateTimer();
    }

    ITimer CreateTimer() => _registry.Time.CreateTimer(
        static session => ((KeptSession)session!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    internal UInt128 Id { get; }

    internal SessionOwner Owner { get; }

    /// <summary>Its channels.</summary>
    internal ResumableSession Session { get; set; } = null!;

    /// <summary>It has no carrier, and its time runs. The registry's.</summary>
    internal bool IsDetached { get; set; }

    /// <summary>What a client is told that comes when it is over.</summary>
    internal SessionRefusal Epitaph { get; private set; } = SessionRefusal.Over;

    /// <summary>The server is about to go, and would take the session along to its next process.</summary>
    internal CancellationToken Suspending => _suspending.Token;

    /// <remarks>256 random bits need no salt.</remarks>
    internal bool IsSecret(ReadOnlySpan<byte> secret) => CryptographicOperations.FixedTimeEquals(_secretHash, SHA256.HashData(secret));

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
    /// <returns>Why it did not get the carrier, whose client was told; null where it did.</returns>
    internal async Task<SessionRefusal?> ServeAsync(SessionCarrier carrier, SessionOpening opening, bool isResumed)
    {
        await _handing.WaitAsync();
        try
        {
            if (_isSuspended) return null; // the client sees its carrier lost, and comes back to the next process
            if (!Session.Ended.IsCompleted && !Session.Fits(opening.Received))
            {
                // before the carrier that it has is touched: whoever is wrong here must not disturb who is right
                return await RefuseAsync(carrier, SessionRefusal.BadTotals);
            }

            if (opening.Attempt < Volatile.Read(ref _attempt))
                return await RefuseAsync(carrier, SessionRefusal.TakenOver);

            if (_carrier is { } before)
            {
                before.Refuse(SessionRefusal.TakenOver, "another connection of the client's has taken the session over");
                await ReleaseAsync(before);
            }

            _registry.OnAttached(this);
            if (!carrier.Accept(Session, isResumed, opening.Received))
            {
                OnDetached();
                return await RefuseAsync(carrier, Epitaph);
            }

            _carrier = carrier;
            if (isResumed)
            {
                _registry.Counts.OnResumed();
                _told?.Invoke(new KeepEvent(KeepEventKind.Resumed, default, ""));
            }
        }
        finally
        {
            _handing.Release();
        }

        SessionLostException? loss = await carrier.Ended;
        await _handing.WaitAsync();
        try
        {
            if (_carrier != carrier) return null; // taken over, and released there
            await ReleaseAsync(carrier);
            _loss = loss;
            OnDetached();
            return null;
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

    /// <summary>It has no carrier: its time runs, unless it is over, or too many are kept already.</summary>
    internal void OnDetached()
    {
        if (_registry.TryKeep(this) is not { } isKept) return;
        if (!isKept)
        {
            Lose("no more sessions are kept here");
            return;
        }

        _detached = _registry.Time.GetTimestamp();
        _expiry.Change(_keep, Timeout.InfiniteTimeSpan);
        _told?.Invoke(new KeepEvent(KeepEventKind.Kept, default, _loss?.Message ?? "") { Keep = _keep });
    }

    internal void StopTime() => _expiry.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    void Expire()
    {
        if (IsDetached && !_isSuspended) Lose($"it has not come back for {_keep.TotalSeconds:0.#} s");
    }

    void Lose(string why)
    {
        if (Session.Ended.IsCompleted) return;
        _registry.Counts.OnExpired();
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
        await Task.WhenAny(Session.Delivered, _suspended.Task);
        if (!Session.Delivered.IsCompleted) return; // it is to be saved
        SessionCarrier? carrier = _carrier;
        Session.End(null);
        if (carrier is not null) await carrier.CloseAsync(linger, linger + s_lastWord);
    }

    /// <summary>It is over: nothing of it is needed any more but its name.</summary>
    internal void Dispose() => _expiry.Dispose();

    static async Task<SessionRefusal?> RefuseAsync(SessionCarrier carrier, SessionRefusal code)
    {
        await RefuseAsync(carrier, code, SessionRegistry.WordsOf(code));
        return code;
    }

    internal static Task RefuseAsync(SessionCarrier carrier, SessionRefusal code, string text)
    {
        carrier.Refuse(code, text);
        return carrier.CloseAsync(s_lastWord, s_lastWord);
    }
}
