namespace Fairlead.HostProcesses.Native;

/// <summary>posix_spawn: a new process in a session of its own, every signal at its default and none blocked.</summary>
static unsafe class Spawn
{
    /// <summary>More than posix_spawnattr_t takes in glibc (336) and musl (336).</summary>
    const int AttributesRoom = 512;

    /// <summary>More than sigset_t takes (128).</summary>
    const int SignalsRoom = 256;

    /// <returns>0 and the pid, or the error that setting up or starting the program met; then there is no process.</returns>
    /// <remarks>The runtime ignores SIGPIPE, and ignored signals are inherited: hence the defaults.</remarks>
    internal static int Start(string path, IReadOnlyCollection<string> arguments, IReadOnlyCollection<string> environment,
        SpawnActions actions, out int pid)
    {
        byte* attributes = stackalloc byte[AttributesRoom];
        byte* signals = stackalloc byte[SignalsRoom];
        int error = LibC.posix_spawnattr_init(attributes);
        if (error != 0) throw NativeError.Of(nameof(LibC.posix_spawnattr_init), error);
        try
        {
            _ = LibC.sigfillset(signals);
            _ = LibC.posix_spawnattr_setsigdefault(attributes, signals);
            _ = LibC.sigemptyset(signals);
            _ = LibC.posix_spawnattr_setsigmask(attributes, signals);
            const short flags = LibC.POSIX_SPAWN_SETSID | LibC.POSIX_SPAWN_SETSIGDEF | LibC.POSIX_SPAWN_SETSIGMASK;
            error = LibC.posix_spawnattr_setflags(attributes, flags);
            if (error != 0) throw NativeError.Of(nameof(LibC.posix_spawnattr_setflags), error);

            using NativeStrings file = new([path]);
            using NativeStrings argv = new(arguments);
            using NativeStrings envp = new(environment);
            return LibC.posix_spawn(out pid, file.First, actions.Pointer, attributes, argv.Pointer, envp.Pointer);
        }
        finally
        {
            _ = LibC.posix_spawnattr_destroy(attributes);
        }
    }
}
