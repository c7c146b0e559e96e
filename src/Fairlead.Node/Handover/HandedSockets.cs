using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fairlead.Node.Native;
using Fairlead.Server.Checkpoints;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Node.Handover;

/// <summary>
/// Sockets that listen already, which this process was given when it was started: by systemd or whoever plays it (<c>LISTEN_FDS</c> and
/// <c>LISTEN_PID</c>, sd_listen_fds(3)), or by the process that this one takes over from (<see cref="Successor"/>).
/// </summary>
public static class HandedSockets
{
    internal const string FormerVariable = "FAIRLEAD_FORMER_PID", DescriptorsVariable = "FAIRLEAD_LISTEN_FDS";

    const string CountVariable = "LISTEN_FDS";

    const string NamesVariable = "LISTEN_FDNAMES";

    const int FirstDescriptor = 3, Most = 1 << 16;

    static readonly string[] s_variables = ["LISTEN_PID", CountVariable, NamesVariable, FormerVariable, DescriptorsVariable];

    /// <summary>Takes them, once: programs that this process starts get neither the sockets nor the variables that name them.</summary>
    /// <param name="kept">What an earlier process of the service had kept of its sessions, by name; the caller's.</param>
    /// <returns>The sockets, which are the caller's; none where this process was given none.</returns>
    /// <exception cref="InvalidDataException">A variable does not say what it should, or a descriptor is no socket that
    /// listens.</exception>
    public static IReadOnlyList<Socket> Take(out IReadOnlyDictionary<string, SafeHandle> kept)
    {
        try
        {
            if (Number(Successor.ReadyVariable) is { } ready) _ = LibC.fcntl(ready, LibC.F_SETFD, LibC.FD_CLOEXEC);
            ILookup<bool, (int Number, string Name)> given = Descriptors()
                .ToLookup(static each => each.Name.StartsWith(SessionCheckpoints.Prefix, StringComparison.Ordinal));
            kept = given[true].ToDictionary(static each => each.Name, static SafeHandle (each) => OpenKept(each.Number));
            return [.. given[false].Select(static each => Open(each.Number))];
        }
        finally
        {
            foreach (string name in s_variables) Environment.SetEnvironmentVariable(name, null);
        }
    }

    static SafeFileHandle OpenKept(int descriptor)
    {
        SafeFileHandle kept = new(descriptor, ownsHandle: true);
        return LibC.fcntl(descriptor, LibC.F_SETFD, LibC.FD_CLOEXEC) == 0
            ? kept
            : throw new InvalidDataException($"descriptor {descriptor} is not open, and should have been kept");
    }

    static IEnumerable<(int Number, string Name)> Descriptors()
    {
        if (Number(FormerVariable) == LibC.getppid() && Environment.GetEnvironmentVariable(DescriptorsVariable) is { Length: > 0 } handed)
            return [.. handed.Split(',').Select(text => (Parse(DescriptorsVariable, text), ""))];
        if (Number("LISTEN_PID") != Environment.ProcessId || Number(CountVariable) is not { } count)
            return []; // they were somebody else's, as sd_listen_fds has it
        string[] names = (Environment.GetEnvironmentVariable(NamesVariable) ?? "").Split(':');
        return Enumerable.Range(0, count).Select(at => (FirstDescriptor + at, at < names.Length ? names[at] : ""));
    }

    static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? Parse(variable, text) : null;

    static int Parse(string variable, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && (variable != CountVariable || number <= Most)
            ? number
            : throw new InvalidDataException($"the variable {variable} does not hold a number that can be meant");

    static Socket Open(int descriptor)
    {
        try
        {
            if (LibC.fcntl(descriptor, LibC.F_SETFD, LibC.FD_CLOEXEC) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
            Socket socket = new(new SafeSocketHandle(descriptor, ownsHandle: true));
            bool listens = socket.SocketType == SocketType.Stream
                && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)! != 0;
            if (listens) return socket;
            socket.Dispose();
            throw new InvalidDataException($"descriptor {descriptor} is no socket that listens");
        }
        catch (Exception e) when (e is Win32Exception or SocketException) // a socket's fault is both
        {
            throw new InvalidDataException($"descriptor {descriptor} is no socket that listens: {e.Message}", e);
        }
    }
}
