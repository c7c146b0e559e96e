using System.Net;
using System.Net.Sockets;

namespace Fairlead.Client.Forwarding.Listening;

/// <summary>
/// Opens what a forward listens on: all of it or nothing, so that nobody talks to another program by one of its addresses.
/// </summary>
static class ForwardListeners
{
    const int Backlog = 512;

    /// <summary>How often a port that the system picked for one address may be taken on another before this is given up.</summary>
    const int Picks = 20;

    /// <summary>Opens all of them or none.</summary>
    /// <exception cref="SetupException">One cannot be listened on; the message names it and says what helps.</exception>
    /// <exception cref="ArgumentException">One of the addresses is none.</exception>
    internal static List<ListeningSocket> OpenAll(IReadOnlyList<LocalListener> locals, IReadOnlyList<string> addresses)
    {
        IReadOnlyList<ListenAddress> where = ListenAddress.Read(addresses);
        List<ListeningSocket> all = [];
        try
        {
            for (int i = 0; i < locals.Count; i++)
            {
                if (locals[i].UnixSocketPath is { } path) all.Add(new ListeningSocket(UnixListener.Open(path), i));
                else OpenTcp(all, locals[i].Port, i, where);
            }

            return all;
        }
        catch
        {
            Close(all, from: 0);
            throw;
        }
    }

    /// <summary>
    /// Adds a listener for each address; where the system is to pick the port, its pick for the first is asked for on the others.
    /// </summary>
    static void OpenTcp(List<ListeningSocket> all, int port, int mapping, IReadOnlyList<ListenAddress> where)
    {
        int before = all.Count;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                int same = port;
                foreach (ListenAddress address in where)
                {
                    if (TryListen(all, address, same) is { } socket) all.Add(new ListeningSocket(socket, mapping));
                    if (all.Count > before) same = ((IPEndPoint)all[^1].EndPoint).Port;
                }

                if (all.Count > before) return;
                throw new SetupException("this machine has neither 127.0.0.1 nor ::1: name an address that it has");
            }
            catch (SetupException e)
                when (port == 0 && all.Count > before && attempt < Picks
                && e.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
            {
                Close(all, before); // taken on another address meanwhile: another pick
            }
        }
    }

    /// <returns>Null where the machine lacks an address that it need not have.</returns>
    static Socket? TryListen(List<ListeningSocket> opened, ListenAddress where, int port)
    {
        IPEndPoint endPoint = new(where.Address, port);
        Socket? socket = null;
        try
        {
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false; // :: and 0.0.0.0 are two listeners
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            bool isMissing = e.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable;
            if (isMissing && where.MayBeMissing) return null;
            bool isOurs = opened.Exists(listener => listener.EndPoint.Equals(endPoint));
            throw new SetupException(
                isOurs ? $"{endPoint} is asked for twice: choose two local ports; 0 picks a free one" : Explain(e, endPoint), e);
        }
    }

    static string Explain(SocketException e, IPEndPoint endPoint) => e.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            $"{endPoint} is in use: something else listens there. Choose another local port; 0 picks a free one",
        SocketError.AccessDenied => $"listening on {endPoint} is not permitted. Choose a local port from 1024 on; 0 picks a free one",
        SocketError.AddressNotAvailable => $"{endPoint.Address} is no address of this machine",
        SocketError.AddressFamilyNotSupported =>
            $"{endPoint.Address} cannot be listened on: this machine has no " +
            $"{(endPoint.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")}",
        _ => $"{endPoint} cannot be listened on: {e.Message}",
    };

    static void Close(List<ListeningSocket> all, int from)
    {
        foreach (ListeningSocket listener in all.Skip(from)) listener.Dispose();
        all.RemoveRange(from, all.Count - from);
    }
}
