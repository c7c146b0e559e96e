using System.Net;
using System.Net.Sockets;

namespace Fairlead.Server.Hosting;

/// <summary>
/// One port at each of several addresses, which may come and go while a server runs: each is listened on by its name, so that the same port
/// stays free elsewhere, on loopback for instance.
/// </summary>
/// <param name="port">The port.</param>
/// <param name="find">Looks the addresses up; called again and again, never twice at a time. What it throws ends nothing.</param>
public sealed class AddressSet(int port, Func<IReadOnlyList<IPAddress>> find) : EndPoint
{
    volatile IReadOnlyList<Socket>? _listening;

    /// <summary>The port.</summary>
    public int Port => port;

    /// <summary>
    /// Sockets that listen already, for instance because somebody holds them while processes come and go. They are taken from too, closed
    /// with the rest, and their addresses are not listened on a second time. An address of theirs that goes stays listened on: it may
    /// come back, and the socket is not only this process's.
    /// </summary>
    public IReadOnlyList<Socket> Sockets { get; init; } = [];

    /// <summary>
    /// What is listened on now, <see cref="Sockets"/> among it. A process that takes over can be given these, so that no address is free
    /// for a moment. They stay the server's.
    /// </summary>
    public IReadOnlyList<Socket> Listening
    {
        get => _listening ?? Sockets;
        internal set => _listening = value;
    }

    internal event Action? Closing;

    /// <summary>
    /// Takes no connection from now on, and closes what is listened on. Connections that were taken are served, also where they have asked
    /// for nothing yet.
    /// </summary>
    public void Close() => Closing?.Invoke();

    internal IEnumerable<IPAddress> Find() =>
        find().Except(Sockets.Select(static socket => socket.LocalEndPoint).OfType<IPEndPoint>().Select(static each => each.Address));

    /// <inheritdoc/>
    public override string ToString() => $"this machine's addresses, port {port}";
}
