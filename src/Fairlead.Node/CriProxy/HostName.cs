using System.Buffers;

namespace Fairlead.Node.CriProxy;

/// <summary>What every server takes as the name of a host, with or without a port.</summary>
static class HostName
{
    const int LongestPort = 5;

    static readonly SearchValues<byte> s_name = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"u8);
    static readonly SearchValues<byte> s_address = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    /// <summary>A name or an address, and then perhaps a port.</summary>
    public static bool IsOrdinary(ReadOnlySpan<byte> authority)
    {
        int length;
        if (authority is [(byte)'[', ..])
        {
            length = authority.IndexOf((byte)']') + 1;
            // "[::1]" is the shortest that is taken
            if (length < 5 || authority[1..(length - 1)].ContainsAnyExcept(s_address)) return false;
        }
        else
        {
            length = authority.IndexOfAnyExcept(s_name);
            if (length < 0) return !authority.IsEmpty;
            if (length == 0) return false;
        }

        ReadOnlySpan<byte> port = authority[length..];
        return port.IsEmpty
            || (port is [(byte)':', _, ..] && port.Length <= LongestPort + 1 && !port[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9'));
    }
}
