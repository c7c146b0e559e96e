using System.Threading.Channels;

namespace Fairlead.FunctionalTests.Forwarding;

/// <summary>What a forward told, in order.</summary>
sealed class EventLog
{
    readonly Channel<ForwardEvent> _events = Channel.CreateUnbounded<ForwardEvent>();

    internal void Add(ForwardEvent what) => _events.Writer.TryWrite(what);

    /// <summary>Waits for the next event of one of these kinds; those before it are dropped.</summary>
    internal async Task<ForwardEvent> NextAsync(params ForwardEventKind[] kinds)
    {
        while (true)
        {
            ForwardEvent next = await _events.Reader.ReadAsync(TestContext.Current.CancellationToken);
            if (kinds.Contains(next.Kind)) return next;
        }
    }
}
