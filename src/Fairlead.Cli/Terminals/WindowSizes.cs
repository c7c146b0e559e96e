using System.Threading.Channels;
using Fairlead.Wire;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// Tells the remote side the terminal's size: once at the start, and again whenever it changes or the process was continued, since nobody
/// tells a stopped one. Only the newest counts.
/// </summary>
sealed class WindowSizes : IAsyncDisposable
{
    readonly Channel<TerminalSize> _changes =
        Channel.CreateBounded<TerminalSize>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>
    /// How long a program has to see another size before the right one comes: nothing tells that it has. One that saw both at once would
    /// see no change.
    /// </summary>
    static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(250);

    readonly Func<TerminalSize, CancellationToken, ValueTask> _send;
    readonly CancellationTokenSource _ended = new();
    readonly ITerminal _terminal;
    readonly IDisposable _watch;
    int _isRedrawDue;
    Task _sending = Task.CompletedTask;

    WindowSizes(ITerminal terminal, Func<TerminalSize, CancellationToken, ValueTask> send)
    {
        _terminal = terminal;
        _send = send;
        _watch = terminal.WatchSize(Look);
    }

    void Look()
    {
        if (_terminal.Size is { } size) _changes.Writer.TryWrite(size);
    }

    /// <summary>Sends the size before it returns, so that it is on its way before the first byte of input.</summary>
    /// <param name="terminal">Whose sizes; stays the caller's.</param>
    /// <param name="send">Sends one size.</param>
    /// <param name="redraw">Sends a larger size first: an attached program then draws itself anew.</param>
    public static async Task<WindowSizes> StartAsync(
        ITerminal terminal, Func<TerminalSize, CancellationToken, ValueTask> send, bool redraw)
    {
        WindowSizes sizes = new(terminal, send);
        if (terminal.Size is { } size)
        {
            if (redraw) await send(new TerminalSize(Larger(size.Width), Larger(size.Height)), default);
            await send(size, default);
        }

        sizes._sending = sizes.SendChangesAsync();
        return sizes;
    }

    /// <summary>Has the remote program draw its screen anew, by a size that is smaller for a moment.</summary>
    public void Redraw()
    {
        Volatile.Write(ref _isRedrawDue, 1);
        Look();
    }

    static ushort Larger(ushort cells) => cells == ushort.MaxValue ? cells : (ushort)(cells + 1);

    async Task SendChangesAsync()
    {
        try
        {
            await foreach (TerminalSize size in _changes.Reader.ReadAllAsync(_ended.Token))
            {
                if (Interlocked.Exchange(ref _isRedrawDue, 0) != 0 && size.Height > 1)
                {
                    await _send(new TerminalSize(size.Width, (ushort)(size.Height - 1)), _ended.Token);
                    await Task.Delay(s_glance, TimeProvider.System, _ended.Token);
                }

                await _send(size, _ended.Token);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // told to stop
        }
        catch (SessionLostException)
        {
            // the session's own end says so
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watch.Dispose();
        await _ended.CancelAsync();
        await _sending;
        _ended.Dispose();
    }
}
