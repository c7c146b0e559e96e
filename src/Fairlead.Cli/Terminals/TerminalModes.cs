using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Fairlead.Cli.Native;

namespace Fairlead.Cli.Terminals;

/// <summary>The modes of the terminal at standard input, as they were at some moment.</summary>
[UnsupportedOSPlatform("windows")]
sealed unsafe class TerminalModes
{
    /// <summary><c>termios</c> has 60 bytes on Linux and 72 on macOS.</summary>
    const int Room = 256;

    readonly byte[] _modes = new byte[Room];

    TerminalModes()
    {
    }

    /// <summary>Reads them.</summary>
    /// <returns>Null where standard input is no terminal, or one that is gone.</returns>
    public static TerminalModes? Read()
    {
        TerminalModes modes = new();
        fixed (byte* pointer = modes._modes) return LibC.GetModes(StandardStreams.InputDescriptor, pointer) == 0 ? modes : null;
    }

    /// <summary>The same, but every key comes as it is, at once, and nothing that is written is changed.</summary>
    public TerminalModes MakeRaw()
    {
        TerminalModes raw = new();
        _modes.CopyTo(raw._modes, 0);
        fixed (byte* pointer = raw._modes) LibC.MakeRaw(pointer);
        return raw;
    }

    /// <summary>
    /// Sets them, from the background too: the signal that would stop the process for that (SIGTTOU) is held off meanwhile.
    /// </summary>
    /// <returns>False where the terminal does not take them, or is gone; the last error says why.</returns>
    public bool Set()
    {
        Span<byte> held = stackalloc byte[SignalActions.Room];
        SignalActions.HoldOff(SignalActions.BackgroundOutput, held);
        try
        {
            fixed (byte* pointer = _modes)
            {
                const int Now = 0; // TCSANOW, the same on both: waiting for output to drain could wait for ever behind a stopped terminal
                while (LibC.SetModes(StandardStreams.InputDescriptor, Now, pointer) != 0)
                {
                    if (Marshal.GetLastPInvokeError() != LibC.Interrupted) return false;
                }

                return true;
            }
        }
        finally
        {
            SignalActions.LetThrough(held);
        }
    }

    /// <summary>Whether they are the same.</summary>
    public bool IsSame(TerminalModes? other) => other is not null && _modes.AsSpan().SequenceEqual(other._modes);
}
