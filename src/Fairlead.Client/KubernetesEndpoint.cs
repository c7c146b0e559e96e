using System.Text;
using Fairlead.Client.Requests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Client;

/// <summary>A server that speaks the pods API, and how to reach it: address, TLS, proxy and credentials.</summary>
/// <remarks>
/// Owns its handler. <see cref="Handler"/> carries API calls and upgrades alike, over HTTP/1.1, so that an upgrade can take over the
/// connection of an earlier call. Safe for concurrent use.
/// </remarks>
public sealed class KubernetesEndpoint : IDisposable
{
    internal const string LogCategory = "Fairlead.Client";

    /// <summary>
    /// The key in <see cref="SocketsHttpHandler.Properties"/> under which messages find where the proxy was named, for instance <c>HTTPS_PROXY</c>.
    /// </summary>
    public const string ProxySource = "Fairlead.ProxySource";

    readonly RenewableHandler _handler;
    readonly TcpDialer _dialer;

    /// <summary>Creates it.</summary>
    /// <param name="server">The server's base address, with a path where the API is not at the root.</param>
    /// <param name="handler">TLS, proxy and dialling; the endpoint disposes it.</param>
    public KubernetesEndpoint(Uri server, SocketsHttpHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Server = server;
        _dialer = new TcpDialer(() => Logging.CreateLogger(LogCategory)); // not before the endpoint is whole: Logging is set after this
        _handler = new RenewableHandler(Prepare(handler));
    }

    /// <summary>The server's base address.</summary>
    public Uri Server { get; }

    /// <summary>
    /// TLS, proxy and dialling: the present handler's, also after <see cref="Replace"/>. Requests that give a header several times go over connections
    /// of their own, on which each value keeps its line: to Kubernetes two groups on one line are one group.
    /// </summary>
    public HttpMessageHandler Handler => _handler;

    /// <summary>The namespace for those who name none.</summary>
    public string DefaultNamespace { get; init; } = "default";

    /// <summary>
    /// Adds the credentials to a request, which goes by <see cref="Handler"/>; called for each. <c>renew</c> is true after a 401: cached
    /// credentials are then fetched anew. Null where TLS says all.
    /// </summary>
    public Func<HttpRequestMessage, bool, CancellationToken, ValueTask>? Authorize { get; init; }

    /// <summary>
    /// Where everything that goes through this endpoint logs, down to the carriers: nowhere by default. Steps, answers and failures at debug, and
    /// each message's length at trace; never what a request or a session carries.
    /// </summary>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    /// <summary>What calls <see cref="Replace"/>, if anything does: disposed with the endpoint.</summary>
    public IDisposable? Renewal { get; init; }

    /// <summary>
    /// Reaches the server in another way from here on: with a new client certificate, or another authority. Connections that are in use go on, and
    /// no other request is sent over them.
    /// </summary>
    /// <param name="handler">The new way; the endpoint disposes it. The former handler is disposed when its last request is answered.</param>
    public void Replace(SocketsHttpHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _handler.Replace(Prepare(handler));
    }

    LineKeepingHandler Prepare(SocketsHttpHandler handler)
    {
        handler.AllowAutoRedirect = false; // a redirect could carry the credentials elsewhere, and no API server sends one
        handler.EnableMultipleHttp2Connections = true; // a server's limit of streams a connection is no limit of ours
        handler.ConnectCallback ??= _dialer.ConnectAsync;
        handler.SslOptions.RemoteCertificateValidationCallback ??= ServerCertificate.Check; // the words of what is not trusted
        handler.RequestHeaderEncodingSelector ??= static (_, _) => Encoding.UTF8; // names of users and groups are, to Kubernetes
        return new LineKeepingHandler(handler, () => _dialer.Phase);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Renewal?.Dispose();
        _handler.Dispose();
    }
}
