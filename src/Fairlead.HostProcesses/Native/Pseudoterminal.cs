using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Fairlead.Wire;

namespace Fairlead.HostProcesses.Native;

/// <summary>The master side of a terminal. A process that is started with the other side as descriptor 0 is controlled by it.</summary>
public sealed unsafe class Pseudoterminal : IDisposable
{
    /// <summary>The kernel's struct termios: four flag words, a line discipline byte, then the control characters.</summary>
    const int TermiosRoom = 64, LocalFlagsOffset = 12, ControlCharactersOffset = 17, VEOF = 4;

    const uint ICANON = 2;

    readonly SafeSocketHandle _master;

    Pseudoterminal(SafeSocketHandle master, string path)
    {
        _master = master;
        Path = path;
        Identity = FileIdentity.Of(path);
        Stream = new TerminalStream(new Socket(master));
    }

    /// <summary>It was hung up.</summary>
    public bool IsClosed => _master.IsClosed;

    /// <summary>This side.</summary>
    public SafeHandle Descriptor => _master;

    /// <summary>The other side, to be opened by the process.</summary>
    public string Path { get; }

    /// <summary>The other side as a file.</summary>
    public FileIdentity? Identity { get; }

    /// <summary>What the process prints, and what it is typed.</summary>
    internal TerminalStream Stream { get; }

    internal static Pseudoterminal Open()
    {
        int fd = LibC.posix_openpt(LibC.O_RDWR | LibC.O_NOCTTY | LibC.O_CLOEXEC);
        if (fd < 0) throw NativeError.Last(nameof(LibC.posix_openpt));
        try
        {
            if (LibC.grantpt(fd) != 0) throw NativeError.Last(nameof(LibC.grantpt));
            if (LibC.unlockpt(fd) != 0) throw NativeError.Last(nameof(LibC.unlockpt));
            byte* name = stackalloc byte[256];
            int error = LibC.ptsname_r(fd, name, 256);
            if (error != 0) throw NativeError.Of(nameof(LibC.ptsname_r), error);
            return new Pseudoterminal(new SafeSocketHandle(fd, ownsHandle: true),
                Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)));
        }
        catch (IOException)
        {
            _ = LibC.close(fd);
            throw;
        }
    }

    /// <summary>
    /// Sets the size; the foreground job gets SIGWINCH. A size without columns or rows is ignored, as container runtimes do.
    /// </summary>
    public void Resize(TerminalSize size)
    {
        if (size.Width < 1 || size.Height < 1 || _master.IsClosed) return;
        ushort* window = stackalloc ushort[4] { size.Height, size.Width, 0, 0 };
        try
        {
            _ = LibC.ioctl(_master, LibC.TIOCSWINSZ, window); // fails only for a terminal that is going, where no size matters
        }
        catch (ObjectDisposedException)
        {
            // closed between the look and the call: as above
        }
    }

    /// <summary>What ends the input here, now: the terminal's end-of-file character, twice when a line was begun.</summary>
    public byte[] GetEndOfInput(bool lineBegun)
    {
        byte* termios = stackalloc byte[TermiosRoom];
        if (LibC.ioctl(_master, LibC.TCGETS, termios) != 0) return [4];
        byte end = termios[ControlCharactersOffset + VEOF];
        bool lines = (*(uint*)(termios + LocalFlagsOffset) & ICANON) != 0;
        return lines && lineBegun ? [end, end] : [end];
    }

    /// <summary>Closes this side: the session is hung up.</summary>
    public void Dispose() => Stream.Dispose();
}
