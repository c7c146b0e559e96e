using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Fairlead.Node.Native;

namespace Fairlead.Node.Host;

/// <summary>
/// The way to a machine's own programs for a process that sees the machine's root in a folder: from a container, whose image need not
/// have a program beside this one.
/// </summary>
public static class HostEntry
{
    /// <summary>The exit code where the root was entered and the program could not be run, as a shell has it.</summary>
    public const int CannotRun = 126;

    static readonly string[] s_folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>
    /// What the program is given. Of systemd's own tools the second asks to speak to the machine's systemd, which they would not
    /// do in a root that is not the first process's.
    /// </summary>
    static readonly string?[] s_environment = ["PATH=" + string.Join(':', s_folders), "SYSTEMD_IGNORE_CHROOT=1", null];

    /// <summary>
    /// Where a machine has one of its own programs, which are nowhere else: not in the folder that somebody happens to be in, nor where
    /// their PATH leads.
    /// </summary>
    /// <param name="root">The machine.</param>
    /// <param name="program">Its name, or its path on the machine.</param>
    /// <returns>Its path on the machine.</returns>
    /// <exception cref="IOException">The machine has no such program.</exception>
    public static string Find(HostRoot root, string program)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(program);
        return program.StartsWith('/')
            ? program
            : s_folders.Select(folder => Path.Join(folder, program)).FirstOrDefault(root.HasFile)
                ?? throw new IOException($"{program}: there is no such program below {root.Folder}");
    }

    /// <summary>Enters the root and becomes a program there. This process is that program then.</summary>
    /// <param name="root">The machine.</param>
    /// <param name="command">The program, by its name or its path on the machine, and its arguments.</param>
    /// <exception cref="IOException">The machine has no such program, or this user may not enter its root.</exception>
    [DoesNotReturn]
    public static void Become(HostRoot root, IReadOnlyList<string> command)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(command);
        string program = Find(root, command[0]);
        string?[] arguments = [.. command, null];
        if (LibC.chroot(root.Folder) != 0)
            throw new IOException($"{root.Folder} cannot be entered: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

        // From here on nothing of this program's own files is to be found any more: two calls, and it is over.
        if (LibC.chdir("/") == 0) _ = LibC.execve(program, arguments, s_environment);
        LibC._exit(CannotRun);
        throw new InvalidOperationException("a process that has exited goes on");
    }
}
