using System.Runtime.InteropServices;

namespace Fairlead.HostProcesses.Native;

/// <summary>What a new process does before its program starts: descriptors 0 to 2 and the working directory. One spawn each.</summary>
sealed unsafe class SpawnActions : IDisposable
{
    /// <summary>More than posix_spawn_file_actions_t takes in glibc (80) and musl (80).</summary>
    const int Room = 256;

    /// <summary>Closes what the host inherited without close-on-exec; in glibc since 2.34, absent elsewhere.</summary>
    static readonly nint CloseFrom = FindCloseFrom();

    readonly List<NativeStrings> _strings = [];
    void* _actions;

    internal SpawnActions()
    {
        _actions = NativeMemory.AllocZeroed(Room);
        Check(LibC.posix_spawn_file_actions_init(_actions), nameof(LibC.posix_spawn_file_actions_init));
    }

    internal void* Pointer => _actions;

    /// <summary>The descriptor becomes <paramref name="target"/>. It stays the caller's and is open until the spawn.</summary>
    internal void Duplicate(SafeHandle source, int target) => Duplicate((int)source.DangerousGetHandle(), target);

    internal void Duplicate(int source, int target) =>
        Check(LibC.posix_spawn_file_actions_adddup2(_actions, source, target), nameof(LibC.posix_spawn_file_actions_adddup2));

    internal void Open(int target, string path, int flags) =>
        Check(LibC.posix_spawn_file_actions_addopen(_actions, target, Keep(path), flags, 0), nameof(LibC.posix_spawn_file_actions_addopen));

    internal void ChangeDirectory(string path) =>
        Check(LibC.posix_spawn_file_actions_addchdir_np(_actions, Keep(path)), nameof(LibC.posix_spawn_file_actions_addchdir_np));

    /// <summary>Nothing but 0 to 2 reaches the program.</summary>
    internal void CloseTheRest()
    {
        if (CloseFrom != 0)
            Check(((delegate* unmanaged<void*, int, int>)CloseFrom)(_actions, 3), "posix_spawn_file_actions_addclosefrom_np");
    }

    byte* Keep(string text)
    {
        NativeStrings kept = new([text]); // musl keeps the pointer, glibc copies
        _strings.Add(kept);
        return kept.First;
    }

    static nint FindCloseFrom() =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addclosefrom_np", out nint address)
            ? address
            : 0;

    static void Check(int error, string call)
    {
        if (error != 0) throw NativeError.Of(call, error);
    }

    public void Dispose()
    {
        if (_actions is null) return;
        _ = LibC.posix_spawn_file_actions_destroy(_actions);
        NativeMemory.Free(_actions);
        _actions = null;
        foreach (NativeStrings text in _strings) text.Dispose();
    }
}
