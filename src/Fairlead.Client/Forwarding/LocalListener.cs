namespace Fairlead;

/// <summary>Where a forward listens for one of its ports: a TCP port on each of its addresses, or a Unix socket.</summary>
public sealed record LocalListener
{
    LocalListener(int port, string? path)
    {
        Port = port;
        UnixSocketPath = path;
    }

    /// <summary>The TCP port; 0 for one that the system picks, the same on each address.</summary>
    public int Port { get; }

    /// <summary>The path of the Unix socket; null for TCP.</summary>
    public string? UnixSocketPath { get; }

    /// <summary>A TCP port.</summary>
    /// <param name="port">0 to 65535; 0 lets the system pick.</param>
    public static LocalListener Tcp(int port)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        return new LocalListener(port, null);
    }

    /// <summary>
    /// A Unix socket, which only its owner may connect to; what a dead process left at the path is replaced, anything else is not.
    /// </summary>
    /// <param name="path">Its path, of at most about a hundred bytes; the file is removed when the forward stops.</param>
    public static LocalListener UnixSocket(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new LocalListener(0, path);
    }

    /// <inheritdoc/>
    public override string ToString() => UnixSocketPath ?? $"port {Port}";
}
