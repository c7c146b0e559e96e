using System.Net;

namespace Fairlead.Server.Hosting;

/// <summary>
/// One port at each of several addresses, which may come and go while a server runs: each is listened on by its name, so that the same port
/// stays free elsewhere, on loopback for instance.
/// </summary>
/// <param name="port">The port.</param>
/// <param name="find">Looks the addresses up; called again and again, never twice at a time. What it throws ends nothing.</param>
public sealed class AddressSet(int port, Func<IReadOnlyList<IPAddress>> find) : EndPoint
{
    /// <summary>The port.</summary>
    public int Port => port;

    /// <summary>Addresses that somebody else listens on for the same server: they are left out.</summary>
    public IReadOnlyCollection<IPAddress> Except { get; init; } = [];

    internal IEnumerable<IPAddress> Find() => find().Except(Except);

    /// <inheritdoc/>
    public override string ToString() => $"this machine's addresses, port {port}";
}
