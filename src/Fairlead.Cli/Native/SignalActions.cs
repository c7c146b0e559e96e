using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fairlead.Cli.Native;

/// <summary>
/// What comes of a signal: nothing, what the kernel does by itself, or a handler. .NET leaves alone what was ignored when the process
/// began, and its handlers run late, on a thread of their own.
/// </summary>
[UnsupportedOSPlatform("windows")]
static unsafe partial class SignalActions
{
    /// <summary>SIGHUP, SIGINT, SIGQUIT and SIGTERM, the same on Linux and macOS.</summary>
    public const int HangUp = 1, Interrupt = 2, Quit = 3, Terminate = 15;

    /// <summary>SIGTTOU: the kernel stops what changes its terminal from the background.</summary>
    public const int BackgroundOutput = 22;

    const nint Default = 0, Ignore = 1;

    /// <summary>SIGTSTP: asked to stop.</summary>
    public static int Stop => OperatingSystem.IsMacOS() ? 18 : 20;

    /// <summary>
    /// <c>struct sigaction</c> and <c>sigset_t</c> are looked into no further than the first word of the former, its handler.
    /// </summary>
    public const int Room = 256;

    /// <summary>A signal that was ignored when the process began, as in a shell's background, does again what it does by itself.</summary>
    /// <remarks>Before .NET handles signals: it would go on taking this one for ignored.</remarks>
    public static void TakeBack(int signal)
    {
        byte* action = stackalloc byte[Room];
        new Span<byte>(action, Room).Clear();
        _ = Exchange(signal, null, action);
        if (*(nint*)action == Ignore) Reset(signal);
    }

    /// <summary>Leaves a signal to the kernel; not one that is ignored.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="before">Receives what <see cref="PutBack"/> needs.</param>
    public static void LeaveToKernel(int signal, Span<byte> before)
    {
        fixed (byte* action = before) _ = Exchange(signal, null, action);
        if (MemoryMarshal.Read<nint>(before) != Ignore) Reset(signal);
    }

    /// <summary>Undoes <see cref="LeaveToKernel"/>.</summary>
    public static void PutBack(int signal, Span<byte> before)
    {
        fixed (byte* action = before) _ = Exchange(signal, action, null);
    }

    static void Reset(int signal)
    {
        byte* action = stackalloc byte[Room];
        new Span<byte>(action, Room).Clear(); // all zero: SIG_DFL, without flags
        _ = Exchange(signal, action, null);
    }

    /// <summary>Holds a signal off this thread.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="before">Receives what <see cref="LetThrough"/> needs.</param>
    public static void HoldOff(int signal, Span<byte> before)
    {
        byte* set = stackalloc byte[Room];
        _ = EmptySet(set);
        _ = AddToSet(set, signal);
        fixed (byte* old = before) _ = Mask(OperatingSystem.IsMacOS() ? 1 : 0, set, old); // SIG_BLOCK
    }

    /// <summary>Undoes <see cref="HoldOff"/>.</summary>
    public static void LetThrough(Span<byte> before)
    {
        fixed (byte* old = before) _ = Mask(OperatingSystem.IsMacOS() ? 3 : 2, old, null); // SIG_SETMASK
    }

    /// <summary>
    /// Sends this thread a signal, whose effect is over when it returns: for one that stops the process, after it was continued.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "raise")]
    public static partial int Raise(int signal);

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int Exchange(int signal, byte* action, byte* before);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static partial int EmptySet(byte* set);

    [LibraryImport("libc", EntryPoint = "sigaddset")]
    private static partial int AddToSet(byte* set, int signal);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int Mask(int how, byte* set, byte* before);
}
