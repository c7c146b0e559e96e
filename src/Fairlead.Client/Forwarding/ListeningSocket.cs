using System.Net;
using System.Net.Sockets;
using Fairlead.Streaming;

namespace Fairlead.Client.Forwarding;

/// <summary>One socket that a forward listens on.</summary>
sealed class ListeningSocket : IDisposable
{
    const int Backlog = 512;

    /// <summary>How often a port that the system picked for one address may be taken on another before this is given up.</summary>
    const int Picks = 20;

    readonly Socket _socket;

    ListeningSocket(Socket socket, int mapping)
    {
        _socket = socket;
        Mapping = mapping;
        EndPoint = socket.LocalEndPoint!;
    }

    /// <summary>Which of the forward's mappings it belongs to.</summary>
    internal int Mapping { get; }

    internal EndPoint EndPoint { get; }

    /// <summary>Opens all of them or none.</summary>
    /// <exception cref="IOException">One cannot be listened on; the message names it and says what helps.</exception>
    internal static List<ListeningSocket> OpenAll(IReadOnlyList<LocalListener> locals, IReadOnlyList<string> addresses)
    {
        List<ListeningSocket> all = [];
        try
        {
            for (int i = 0; i < locals.Count; i++)
            {
                if (locals[i].UnixSocketPath is { } path) all.Add(new ListeningSocket(UnixListener.Open(path), i));
                else all.AddRange(OpenTcp(locals[i].Port, i, addresses));
            }

            return all;
        }
        catch
        {
            foreach (ListeningSocket listener in all) listener.Dispose();
            throw;
        }
    }

    /// <summary>What takes its connections.</summary>
    /// <param name="trouble">Is told when connections have to wait; see <see cref="SocketAcceptor"/>.</param>
    /// <param name="time">The clock.</param>
    internal SocketAcceptor Acceptor(Action<SocketException, int> trouble, TimeProvider time) => new(_socket, trouble, time);

    static List<ListeningSocket> OpenTcp(int port, int mapping, IReadOnlyList<string> addresses)
    {
        for (int attempt = 1; ; attempt++)
        {
            List<ListeningSocket> opened = [];
            try
            {
                int same = port; // the first address's pick is asked for on the others
                foreach (string address in addresses)
                {
                    opened.AddRange(OpenTcp(address, same, mapping));
                    same = ((IPEndPoint)opened[^1].EndPoint).Port;
                }

                return opened;
            }
            catch (IOException e)
            {
                foreach (ListeningSocket listener in opened) listener.Dispose();
                bool isBadPick = port == 0 && opened.Count > 0 && e.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse };
                if (!isBadPick || attempt == Picks) throw;
            }
        }
    }

    static List<ListeningSocket> OpenTcp(string address, int port, int mapping)
    {
        if (address != "localhost") return [OpenTcp(IPAddress.Parse(address), port, mapping)];

        List<ListeningSocket> opened = [];
        IOException? failure = null;
        foreach (IPAddress loopback in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            try
            {
                opened.Add(OpenTcp(loopback, port, mapping));
                port = ((IPEndPoint)opened[^1].EndPoint).Port;
            }
            catch (IOException e)
            {
                failure ??= e; // one of the two is enough, as for kubectl
            }
        }

        return opened.Count > 0 ? opened : throw failure!;
    }

    static ListeningSocket OpenTcp(IPAddress address, int port, int mapping)
    {
        IPEndPoint endPoint = new(address, port);
        Socket? socket = null;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false; // :: and 0.0.0.0 are two listeners
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return new ListeningSocket(socket, mapping);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException(e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"{endPoint} is in use: something else listens there. Choose another local port; 0 picks a free one",
                SocketError.AccessDenied => $"listening on {endPoint} is not permitted. Choose a local port from 1024 on; 0 picks a free one",
                SocketError.AddressNotAvailable => $"{address} is no address of this machine",
                _ => $"{endPoint} cannot be listened on: {e.Message}",
            }, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
