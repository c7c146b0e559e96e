using Fairlead.Wire;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>A session that goes on with the server's next process.</summary>
public sealed partial class AnsweringSession
{
    volatile bool _canSuspend;

    /// <summary>
    /// Fires when the server is about to go and would take the session along: who runs its command answers by <see cref="Suspend"/> or not
    /// at all. Never for forms whose sessions end with their connection.
    /// </summary>
    public CancellationToken Suspending => _adapter.Kept?.Suspending ?? CancellationToken.None;

    /// <summary>The command can be suspended, or has ended so that only its status is still owed.</summary>
    public bool CanSuspend => _adapter.Kept is not null && (_canSuspend || Volatile.Read(ref _ended) != 0);

    /// <summary>What was suspended; null where nothing was.</summary>
    public ISuspendedCommand? Suspended { get; private set; }

    /// <summary>The status was given, and is kept because the server goes before the client has confirmed it.</summary>
    public bool IsStatusOwed => Volatile.Read(ref _ended) != 0 && Suspending.IsCancellationRequested && !_adapter.Ended.IsCompleted;

    /// <summary>Says that <see cref="Suspend"/> will answer to <see cref="Suspending"/>.</summary>
    public void AllowSuspension() => _canSuspend = true;

    /// <summary>Nobody reads or writes the session any more; <see cref="EndAsync"/> is not called.</summary>
    /// <param name="command">The command, which the session's owner takes.</param>
    public void Suspend(ISuspendedCommand command) => Suspended = command;

    /// <summary>Takes the session's connection away, and lets none come, so that it can be saved.</summary>
    /// <returns>False where it is over: there is nothing to save.</returns>
    /// <exception cref="InvalidOperationException">It is of a form that ends with its connection.</exception>
    public async Task<bool> DetachAsync()
    {
        if (_adapter.Kept is not { } kept) throw new InvalidOperationException("The session ends with its connection.");
        if (!await kept.SuspendAsync()) return false;
        await TerminalSizes.SuspendAsync();
        return true;
    }

    /// <summary>Writes the session, after <see cref="DetachAsync"/>; it is then disposed.</summary>
    /// <param name="writer">Where to.</param>
    /// <exception cref="InvalidOperationException">It is of a form that ends with its connection.</exception>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (_adapter.Kept is not { } kept) throw new InvalidOperationException("The session ends with its connection.");
        kept.Save(writer);
        TerminalSize size = TerminalSizes.Last ?? default;
        writer.Write(size.Width);
        writer.Write(size.Height);
    }

    /// <summary>Ends a restored session whose status had been given: waits until the client has it, or is lost.</summary>
    public async ValueTask EndRestoredAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0) await _adapter.CloseAsync();
    }

    internal void RestoreSize(BinaryReader saved)
    {
        TerminalSize size = new(saved.ReadUInt16(), saved.ReadUInt16());
        if (size != default) TerminalSizes.Publish(size);
    }
}
