using System.Runtime.InteropServices;
using Fairlead.HostProcesses.Native;

namespace Fairlead.HostProcesses.Starting;

/// <summary>This side's ends of a process's pipes, or its terminal.</summary>
public sealed class ProcessIo : IDisposable
{
    /// <summary>Where its input is written; null when it has none.</summary>
    public Stream? Input { get; init; }

    /// <summary>Where its output, or its terminal's, is read.</summary>
    public OutputSource? Output { get; init; }

    /// <summary>Where its error output is read; null with a terminal.</summary>
    public OutputSource? Error { get; init; }

    /// <summary>Its terminal.</summary>
    public Pseudoterminal? Terminal { get; init; }

    /// <summary>
    /// The process's side of these, by which its descendants are known. Empty after a hang-up: the terminal's number may then be
    /// another's.
    /// </summary>
    public required IReadOnlySet<FileIdentity> Files
    {
        get => Terminal is { IsClosed: true } ? new HashSet<FileIdentity>() : field;
        init;
    }

    /// <summary>Closes them.</summary>
    public void Dispose()
    {
        Input?.Dispose();
        Output?.Stream.Dispose();
        Error?.Stream.Dispose();
        Terminal?.Dispose();
    }
}

/// <summary>One output of a process.</summary>
/// <param name="Stream">Read one at a time.</param>
/// <param name="Descriptor">The descriptor under it.</param>
public sealed record OutputSource(Stream Stream, SafeHandle Descriptor)
{
    /// <summary>Bytes that can be read without waiting.</summary>
    public unsafe int Available
    {
        get
        {
            int count = 0;
            return LibC.ioctl(Descriptor, LibC.FIONREAD, &count) == 0 ? count : 0;
        }
    }
}
