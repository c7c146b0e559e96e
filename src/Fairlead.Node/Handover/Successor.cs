using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fairlead.Node.Native;

namespace Fairlead.Node.Handover;

/// <summary>A new process of this program on the same sockets, so that it can be replaced without a connection being refused.</summary>
public static class Successor
{
    internal const string ReadyVariable = "FAIRLEAD_READY_FD";

    /// <summary>Starts it with this process's own arguments, and waits until it serves.</summary>
    /// <param name="program">The program, as it was found when this process began: what lies there now is started.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="sockets">What it listens on; stay this process's, which goes on to serve until the caller ends that.</param>
    /// <param name="cancellationToken">Ends the wait, and the process that was waited for.</param>
    /// <returns>The new process's number; null where it ended before it served, and has said why.</returns>
    /// <exception cref="IOException">It could not be started.</exception>
    public static async Task<int?> StartAsync(
        string program, IEnumerable<string> arguments, IReadOnlyList<Socket> sockets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sockets);
        await using AnonymousPipeServerStream ready = new(PipeDirection.In, HandleInheritability.Inheritable);
        ProcessStartInfo start = new(program, arguments) { UseShellExecute = false };
        start.Environment[HandedSockets.FormerVariable] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        start.Environment[ReadyVariable] = ready.GetClientHandleAsString();
        using Process process = Start(start, sockets);
        ready.DisposeLocalCopyOfClientHandle();
        try
        {
            return await ready.ReadAsync(new byte[1], cancellationToken) == 1 ? process.Id : null;
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>For the new process: tells the former one that it serves. Nothing where there is none.</summary>
    /// <exception cref="IOException">The former one is gone.</exception>
    public static void TellReady()
    {
        if (Environment.GetEnvironmentVariable(ReadyVariable) is not { Length: > 0 } handle) return;
        Environment.SetEnvironmentVariable(ReadyVariable, null);
        using AnonymousPipeClientStream former = new(PipeDirection.Out, handle);
        former.WriteByte(1);
    }

    /// <summary>
    /// The sockets stay open in what is started while they are not marked: also in a program that another thread starts in this moment,
    /// which keeps the port for as long as it lives, and nothing worse.
    /// </summary>
    static Process Start(ProcessStartInfo start, IReadOnlyList<Socket> sockets)
    {
        List<SafeHandle> held = [];
        try
        {
            foreach (Socket socket in sockets) Hold(socket.SafeHandle, held);
            start.Environment[HandedSockets.DescriptorsVariable] =
                string.Join(',', held.Select(static handle => handle.DangerousGetHandle()));
            foreach (SafeHandle handle in held) _ = LibC.fcntl((int)handle.DangerousGetHandle(), LibC.F_SETFD, 0);
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"{start.FileName} could not be started: {e.Message}", e);
        }
        finally
        {
            foreach (SafeHandle handle in held)
            {
                _ = LibC.fcntl((int)handle.DangerousGetHandle(), LibC.F_SETFD, LibC.FD_CLOEXEC);
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>So that its number is nobody else's meanwhile. One whose address has just gone is closed, and left out.</summary>
    static void Hold(SafeHandle handle, List<SafeHandle> held)
    {
        try
        {
            bool isHeld = false;
            handle.DangerousAddRef(ref isHeld);
            held.Add(handle);
        }
        catch (ObjectDisposedException)
        {
            // nobody can reach it any more
        }
    }
}
