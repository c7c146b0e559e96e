using System.Text;
using Fairlead.Client.Requests;

namespace Fairlead.Client;

/// <summary>A server that speaks the pods API, and how to reach it: address, TLS, proxy and credentials.</summary>
/// <remarks>
/// Owns its handler. <see cref="Handler"/> carries API calls and upgrades alike, over HTTP/1.1, so that an upgrade can take over the
/// connection of an earlier call. Safe for concurrent use.
/// </remarks>
public sealed class KubernetesEndpoint : IDisposable
{
    /// <summary>Creates it.</summary>
    /// <param name="server">The server's base address, with a path where the API is not at the root.</param>
    /// <param name="handler">TLS, proxy and dialling; the endpoint disposes it.</param>
    public KubernetesEndpoint(Uri server, SocketsHttpHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Server = server;
        Handler = handler;
        handler.AllowAutoRedirect = false; // a redirect could carry the credentials elsewhere, and no API server sends one
        handler.ConnectCallback ??= TcpDialer.ConnectAsync;
        handler.RequestHeaderEncodingSelector ??= static (_, _) => Encoding.UTF8; // names of users and groups are, to Kubernetes
        Sender = new LineKeepingHandler(handler);
    }

    /// <summary>The server's base address.</summary>
    public Uri Server { get; }

    /// <summary>TLS, proxy and dialling.</summary>
    public SocketsHttpHandler Handler { get; }

    /// <summary>
    /// Sends requests by <see cref="Handler"/>, which writes the values of a header that is given several times on one line. Such requests go over
    /// connections of their own instead, on which each value keeps its line: to Kubernetes two groups on one line are one group.
    /// </summary>
    public HttpMessageHandler Sender { get; }

    /// <summary>The namespace for those who name none.</summary>
    public string DefaultNamespace { get; init; } = "default";

    /// <summary>
    /// Adds the credentials to a request, which goes by <see cref="Sender"/>; called for each. <c>renew</c> is true after a 401: cached credentials are then fetched anew.
    /// Null where TLS says all.
    /// </summary>
    public Func<HttpRequestMessage, bool, CancellationToken, ValueTask>? Authorize { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Sender.Dispose();
}
