using System.Runtime.InteropServices;
using System.Text;

namespace Fairlead.HostProcesses.Native;

/// <summary>A null-terminated array of C strings (argv, envp) in one block of native memory.</summary>
sealed unsafe class NativeStrings : IDisposable
{
    byte* _block;

    internal NativeStrings(IReadOnlyCollection<string> values)
    {
        int bytes = 0;
        foreach (string value in values) bytes = checked(bytes + Encoding.UTF8.GetByteCount(value) + 1);
        int pointers = checked((values.Count + 1) * sizeof(byte*));
        _block = (byte*)NativeMemory.Alloc((nuint)checked(pointers + bytes));

        byte** pointer = (byte**)_block;
        byte* next = _block + pointers;
        foreach (string value in values)
        {
            *pointer++ = next;
            int length = Encoding.UTF8.GetBytes(value, new Span<byte>(next, bytes));
            next[length] = 0;
            next += length + 1;
            bytes -= length + 1;
        }

        *pointer = null;
    }

    internal byte** Pointer => (byte**)_block;

    /// <summary>The first string.</summary>
    internal byte* First => *(byte**)_block;

    public void Dispose()
    {
        NativeMemory.Free(_block);
        _block = null;
    }
}
