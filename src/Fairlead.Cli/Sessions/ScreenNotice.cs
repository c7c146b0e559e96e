using System.Diagnostics.CodeAnalysis;
using System.Text;
using Fairlead.Cli.Terminals;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// A line of ours on a terminal that is the remote program's. It is drawn between two outputs of the program only, never within a control
/// sequence, and is taken away before the next output is written. On the ordinary screen it stands below the cursor, where a line is made
/// free for it, so that it covers nothing; a full-screen program's last line it covers, and the program has to draw itself anew.
/// </summary>
/// <param name="terminal">The terminal, to be written to by a thread that may wait.</param>
/// <param name="columns">How wide it is at present.</param>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle, and the process ends with the session.")]
sealed class ScreenNotice(Stream terminal, Func<int> columns)
{
    readonly SemaphoreSlim _turn = new(1, 1);
    readonly ScreenState _state = new();
    byte[]? _away;

    /// <summary>Writes an output of the program's, by the thread that does so, and what takes a line of ours away before.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> output, BlockingWriter writer)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_away is { } away)
            {
                _away = null;
                await writer.WriteAsync(away).ConfigureAwait(false);
            }

            await writer.WriteAsync(output).ConfigureAwait(false);
            _state.See(output.Span);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Draws a line, or another one in its place. May wait for the terminal.</summary>
    /// <returns>False where the program is writing, or has written a part of something: it may be tried again.</returns>
    public bool TryShow(string line)
    {
        if (!_turn.Wait(0)) return false;
        try
        {
            if (!_state.IsBetween) return false;
            string shown = line[..Math.Clamp(columns() - 1, 1, line.Length)];

            // save the cursor, go there, draw without the program's colours, come back
            (string there, string back) = _state.IsAlternate ? ("\e7\e[999;1H", "\e8") : ("\e7\e[B\r", "\e8");
            string room = _state.IsAlternate || _away is not null ? "" : "\eD\e[A"; // a line below, by scrolling where there is none
            terminal.Write(Encoding.ASCII.GetBytes($"{room}{there}\e[0m\e[2K{shown}{back}"));
            _away = Encoding.ASCII.GetBytes($"{there}\e[0m\e[2K{back}");
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes the line away where it is there yet. May wait for the terminal.</summary>
    public void TakeAway()
    {
        if (!_turn.Wait(0)) return; // who has the turn is about to take it away, or has
        try
        {
            if (_away is not { } away) return;
            _away = null;
            terminal.Write(away);
        }
        finally
        {
            _turn.Release();
        }
    }
}
