using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Fairlead.Cli.Native;
using Fairlead.Wire;

namespace Fairlead.Cli.Terminals;

/// <summary>
/// Tells the remote side the terminal's size: once at the start, and again whenever it changes or the process was continued, since nobody
/// tells a stopped one. Only the newest counts.
/// </summary>
[UnsupportedOSPlatform("windows")]
sealed class WindowSizes : IAsyncDisposable
{
    readonly Channel<TerminalSize> _changes =
        Channel.CreateBounded<TerminalSize>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    readonly Func<TerminalSize, CancellationToken, ValueTask> _send;
    readonly CancellationTokenSource _ended = new();
    readonly PosixSignalRegistration[] _registrations;
    Task _sending = Task.CompletedTask;

    WindowSizes(Func<TerminalSize, CancellationToken, ValueTask> send)
    {
        _send = send;
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGWINCH, Look),
            PosixSignalRegistration.Create(PosixSignal.SIGCONT, Look)];
    }

    void Look(PosixSignalContext context)
    {
        if (Current is { } size) _changes.Writer.TryWrite(size);
    }

    /// <summary>The size of the terminal; null where it has none to tell.</summary>
    static TerminalSize? Current =>
        LibC.TryGetWindowSize(StandardStreams.OutputDescriptor, out LibC.WindowSize size)
        || LibC.TryGetWindowSize(StandardStreams.InputDescriptor, out size)
            ? size is { Rows: > 0, Columns: > 0 } ? new TerminalSize(size.Columns, size.Rows) : null
            : null;

    /// <summary>Sends the size before it returns, so that it is on its way before the first byte of input.</summary>
    /// <param name="send">Sends one size.</param>
    /// <param name="redraw">Sends a larger size first: an attached program then draws itself anew.</param>
    public static async Task<WindowSizes> StartAsync(Func<TerminalSize, CancellationToken, ValueTask> send, bool redraw)
    {
        WindowSizes sizes = new(send);
        if (Current is { } size)
        {
            if (redraw) await send(new TerminalSize(Larger(size.Width), Larger(size.Height)), default);
            await send(size, default);
        }

        sizes._sending = sizes.SendChangesAsync();
        return sizes;
    }

    static ushort Larger(ushort cells) => cells == ushort.MaxValue ? cells : (ushort)(cells + 1);

    async Task SendChangesAsync()
    {
        try
        {
            await foreach (TerminalSize size in _changes.Reader.ReadAllAsync(_ended.Token)) await _send(size, _ended.Token);
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
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        await _ended.CancelAsync();
        await _sending;
        _ended.Dispose();
    }
}
