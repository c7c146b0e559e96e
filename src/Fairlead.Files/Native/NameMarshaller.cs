using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Native;

/// <summary>A name as the bytes that it is on the disk, with a zero behind them.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(NameMarshaller))]
static unsafe class NameMarshaller
{
    public static byte* ConvertToUnmanaged(string name)
    {
        byte[] bytes = NameBytes.Encode(name);
        byte* copy = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        copy[bytes.Length] = 0;
        return copy;
    }

    public static void Free(byte* copy) => NativeMemory.Free(copy);
}
