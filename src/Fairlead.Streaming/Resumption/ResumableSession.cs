using System.IO.Pipelines;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption;

/// <summary>
/// A session that outlives its carriers, either role: its channels, what of them is confirmed, and what the carrier that it has at present
/// is to send. It knows no sockets, and nothing of what its channels carry.
/// </summary>
/// <remarks>
/// Everything that changes is under one lock, and nothing of others is called under it. Data takes two ways past this: the carrier's read
/// loop fills <see cref="InboundChannel"/>, and its write loop asks <see cref="TryTake"/>.
/// </remarks>
sealed partial class ResumableSession : IAsyncDisposable
{
    /// <summary>What a confirmation may be late, beyond two ways there and back, without the reader being slow.</summary>
    internal static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// A channel holds more than the largest window of a peer. So a reader that is behind never stops the carrier's read loop, which has
    /// the other channels' confirmations to read: two sides whose loops waited for readers would wait for each other for ever.
    /// </summary>
    const int Margin = 64 * 1024;

    readonly Lock _lock = new();
    readonly OutgoingChannel?[] _outgoing = new OutgoingChannel?[SessionMessage.LastChannel + 1];
    readonly IncomingChannel?[] _incoming = new IncomingChannel?[SessionMessage.LastChannel + 1];
    readonly TaskCompletionSource<SessionLostException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ResumptionLimits _limits;
    readonly byte[] _room = new byte[SessionMessage.LongestConfirm];
    readonly ChannelTotal[] _totals = new ChannelTotal[SessionMessage.LastChannel + 1];
    ISessionLink? _link;
    OutgoingChannel? _taking;
    int _next;
    bool _isQueued, _isConfirmDue, _isOver;

    internal ResumableSession(
        IEnumerable<ChannelPlan> channels, ResumptionLimits limits, int channelBytes, ByteBudget? budget = null, TimeProvider? time = null)
    {
        (_limits, Time) = (limits, time ?? TimeProvider.System);
        _confirming = CreateTimer(static session => session.OnConfirmTime());
        _watching = CreateTimer(static session => session.OnWatch());
        foreach (ChannelPlan plan in channels)
        {
            if (plan.IsOutgoing)
            {
                _outgoing[plan.Number] = new OutgoingChannel(this, plan.Number, _lock, budget ?? ByteBudget.Unlimited, limits)
                {
                    Rank = plan.Rank,
                    IsWholeOrNothing = plan.IsWholeOrNothing,
                };
            }
            else
            {
                int capacity = Math.Max(channelBytes, limits.MostWindowBytes) + Margin;
                _incoming[plan.Number] = new IncomingChannel(this, plan.Number, capacity, plan.IsInline);
            }
        }
    }

    internal TimeProvider Time { get; }

    /// <summary>Completes, never faults, when the session is over: null where it ended in order, else why it was lost.</summary>
    internal Task<SessionLostException?> Ended => _ended.Task;

    /// <summary>Completes when the peer has confirmed all that this side sends, to the last end, or the session is over.</summary>
    internal Task Delivered => _delivered.Task;

    /// <summary>Completes when everything that the peer sends has come, to the last end.</summary>
    internal Task Complete => _complete.Task;

    /// <summary>Called once, by whoever ends it, when it is over.</summary>
    internal Action? Over { get; set; }

    internal PipeReader? Reader(byte channel) => _incoming[channel]?.Reader;

    internal PipeWriter? Writer(byte channel) => _outgoing[channel];

    /// <summary>DATA comes: what takes it; null for a channel that there is not, or that this side writes.</summary>
    /// <exception cref="SessionLostException">The channel has ended: the peer breaks the protocol.</exception>
    internal InboundChannel? Begin(byte channel)
    {
        if (_incoming[channel] is not { } incoming) return null;
        return incoming.IsEnded ? throw Broken("DATA came behind END") : incoming.Inbound;
    }

    /// <summary>A CONFIRM or an END has come, without its type byte. Called by the carrier's read loop.</summary>
    /// <exception cref="SessionLostException">The peer breaks the protocol.</exception>
    internal void Receive(SessionMessageType type, ReadOnlySpan<byte> body)
    {
        if (type is SessionMessageType.End) OnEnd(SessionMessage.DecodeEnd(body) ?? throw Broken("An END cannot be read"));
        else OnConfirm(body);
    }

    void OnEnd(ChannelTotal end)
    {
        if (_incoming[end.Channel] is not { } channel) return;
        bool isComplete;
        lock (_lock)
        {
            if (channel.IsEnded) throw Broken("A second END came");
            if (channel.Inbound.Offset != end.Total) throw Broken($"END says {end.Total} bytes, and {channel.Inbound.Offset} have come");
            channel.End();
            if (channel.Passed > channel.Told) _isConfirmDue = true;
            isComplete = _incoming.All(static channel => channel is null or { IsEnded: true });
        }

        channel.Inbound.Complete(null);
        if (isComplete) _complete.TrySetResult();
        Wake();
    }

    void OnConfirm(ReadOnlySpan<byte> body)
    {
        Span<ChannelTotal> totals = stackalloc ChannelTotal[SessionMessage.LastChannel + 1];
        int count = SessionMessage.ReadConfirm(body, totals);
        if (count < 0) throw Broken("A CONFIRM cannot be read");
        int released = 0;
        bool isDelivered;
        lock (_lock)
        {
            foreach (ChannelTotal total in totals[..count])
            {
                if (_outgoing[total.Channel]?.Fits(total.Total) != true)
                    throw Broken($"A CONFIRM says {total.Total} of channel {total.Channel}, which cannot be");
            }

            foreach (ChannelTotal total in totals[..count])
                if (_outgoing[total.Channel]!.Confirm(total.Total, _roundTrip)) released |= 1 << total.Channel;
            _patience = 1;
            isDelivered = _outgoing.All(static channel => channel is null or { IsDelivered: true });
        }

        for (int channel = 0; released != 0; channel++, released >>= 1)
            if ((released & 1) != 0) _outgoing[channel]!.Resume();
        if (isDelivered) _delivered.TrySetResult();
    }

    /// <summary>The session is over. The first call counts. From any thread.</summary>
    /// <param name="loss">Why it is lost; null for an orderly end.</param>
    internal void End(SessionLostException? loss)
    {
        lock (_lock)
        {
            if (_isOver) return;
            (_isOver, _link) = (true, null);
        }

        foreach (OutgoingChannel? channel in _outgoing) channel?.OnEnded(loss);
        foreach (IncomingChannel? channel in _incoming) channel?.Inbound.Complete(loss);
        _delivered.TrySetResult();
        _ended.TrySetResult(loss);
        Over?.Invoke();
    }

    /// <summary>Lets the carrier's read loop go, where it waits for a consumer: the carrier was cut.</summary>
    internal void StopWaiting()
    {
        foreach (IncomingChannel? channel in _incoming) channel?.Inbound.StopWaiting();
    }

    /// <summary>Writes its channels. No carrier has it, and nobody reads or writes them any more.</summary>
    /// <exception cref="IOException">It has ended meanwhile, or a peer has sent more than it may.</exception>
    internal void Save(BinaryWriter writer)
    {
        lock (_lock)
        {
            if (_isOver) throw new IOException("the session has ended meanwhile"); // its channels may be empty already
            foreach (OutgoingChannel? channel in _outgoing) channel?.Save(writer);
            foreach (IncomingChannel? channel in _incoming) channel?.Save(writer);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote of a session with the same channels, before anything else is done with it.</summary>
    /// <exception cref="InvalidDataException">It cannot be.</exception>
    internal void Restore(BinaryReader reader)
    {
        foreach (OutgoingChannel? channel in _outgoing) channel?.Restore(reader);
        foreach (IncomingChannel? channel in _incoming) channel?.Restore(reader);
        if (_incoming.All(static channel => channel is null or { IsEnded: true })) _complete.TrySetResult();
        if (_outgoing.All(static channel => channel is null or { IsDelivered: true })) _delivered.TrySetResult();
    }

    internal void AbortBy(Exception exception) =>
        Gone?.Invoke(new SessionLostException(
            SessionLoss.LocalAbort, "The input could not be read to its end: " + exception.Message, exception));

    /// <summary>Called where a writer gave up, and nobody may take what it sent for the whole.</summary>
    internal Action<SessionLostException>? Gone { get; set; }

    static SessionLostException Broken(string what) => new(SessionLoss.ProtocolError, what + ".");

    /// <summary>To be called when it is over and no carrier has it any more.</summary>
    public async ValueTask DisposeAsync()
    {
        End(new SessionLostException(SessionLoss.LocalAbort, "The session was disposed before it had ended."));
        await _confirming.DisposeAsync();
        await _watching.DisposeAsync();
    }
}
