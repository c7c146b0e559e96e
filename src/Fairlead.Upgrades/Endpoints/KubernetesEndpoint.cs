using Fairlead.Upgrades.Endpoints;
using System.Net;
using System.Text;
using Fairlead.Upgrades.Requests;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead;

/// <summary>A server that speaks the pods API, and how to reach it: address, TLS, proxy and credentials.</summary>
/// <remarks>
/// Owns its handler. <see cref="Handler"/> carries API calls and upgrades alike, over HTTP/1.1, so that an upgrade can take over the
/// connection of an earlier call. Safe for concurrent use.
/// </remarks>
public sealed class KubernetesEndpoint : IDisposable
{
    internal const string LogCategory = "Fairlead.Upgrades";

    /// <summary>
    /// The key in <see cref="SocketsHttpHandler.Properties"/> under which messages find where the proxy was named, for instance
    /// <c>HTTPS_PROXY</c>.
    /// </summary>
    public const string ProxySource = "Fairlead.ProxySource";

    /// <summary>
    /// Where <see cref="Authorize"/> may note on a request what is doubtful about the credentials that it set, in half a sentence without a
    /// secret: a 401 is told with it.
    /// </summary>
    public static readonly HttpRequestOptionsKey<string> CredentialsDoubt = new("Fairlead.CredentialsDoubt");

    readonly RenewableHandler _handler;
    readonly TcpDialer _dialer;
    int _fetching;

    /// <summary>Creates it.</summary>
    /// <param name="server">The server's base address, with a path where the API is not at the root.</param>
    /// <param name="handler">
    /// TLS, proxy and dialling; the endpoint disposes it. Any but a <see cref="SocketsHttpHandler"/> is used as it is, and has to hand on
    /// an answer with its head, without waiting for what follows.
    /// </param>
    public KubernetesEndpoint(Uri server, HttpMessageHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Server = server;
        _dialer = new TcpDialer(() => Logging.CreateLogger(LogCategory)); // not before the endpoint is whole: Logging is set after this
        _handler = new RenewableHandler(handler is SocketsHttpHandler sockets ? Prepare(sockets) : handler);
    }

    /// <summary>The server's base address.</summary>
    public Uri Server { get; }

    /// <summary>
    /// TLS, proxy and dialling: the present handler's, also after <see cref="Replace"/>. Requests that give a header several times go over
    /// connections of their own, on which each value keeps its line: to Kubernetes two groups on one line are one group.
    /// </summary>
    public HttpMessageHandler Handler => _handler;

    /// <summary>The namespace for those who name none.</summary>
    public string DefaultNamespace { get; init; } = "default";

    /// <summary>How long one request of the API may take, upgrades apart. A minute.</summary>
    public TimeSpan RequestTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Adds the credentials to a request, which goes by <see cref="Handler"/>; called for each. <c>renew</c> is true after a 401: cached
    /// credentials are then fetched anew. Null where TLS says all.
    /// </summary>
    public Func<HttpRequestMessage, bool, CancellationToken, ValueTask>? Authorize
    {
        get;
        init => field = value is null ? null : (request, renew, cancellationToken) => FetchAsync(value, request, renew, cancellationToken);
    }

    /// <summary>Somebody waits for credentials now: a limit of the server's, or of what it leads to, does not run.</summary>
    public bool IsFetchingCredentials => Volatile.Read(ref _fetching) > 0;

    /// <summary>
    /// Where everything that goes through this endpoint logs, down to the carriers: nowhere by default. Steps, answers and failures at
    /// debug, and each message's length at trace; never what a request or a session carries.
    /// </summary>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    /// <summary>
    /// Sessions share few HTTP/2 connections (RFC 8441) where the server announces that it takes them so: for a program with many sessions
    /// that are idle or say little. Off by default: one session that carries much is up to twice as fast on a connection of its own.
    /// Sessions with input and without a terminal, as pipes and copies have, keep one also with it. Servers that do not announce it, as no
    /// Kubernetes does, are spoken to as without it.
    /// </summary>
    public bool SharesConnections { get; init; }

    /// <summary>Those share connections too: for tests of what comes so from clients that are not ours.</summary>
    internal bool SharesBulk { get; init; }

    /// <summary>What calls <see cref="Replace"/>, if anything does: disposed with the endpoint.</summary>
    public IDisposable? Renewal { get; init; }

    /// <summary>
    /// Reaches the server in another way from here on: with a new client certificate, or another authority. Connections that are in use go
    /// on, and no other request is sent over them.
    /// </summary>
    /// <param name="handler">The new way; the endpoint disposes it. The former handler is disposed when its last request is
    /// answered.</param>
    public void Replace(SocketsHttpHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _handler.Replace(Prepare(handler));
    }

    /// <summary>
    /// What was doubtful about the credentials that a server refused, to stand behind its words; empty where nothing is known.
    /// </summary>
    /// <param name="response">The answer; the request that led to it is looked at.</param>
    public static string DoubtAbout(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return response is { StatusCode: HttpStatusCode.Unauthorized, RequestMessage.Options: var options }
            && options.TryGetValue(CredentialsDoubt, out string? doubt) ? ": " + doubt : "";
    }

    /// <summary>
    /// What is thrown for a request that had no answer in time. A server that takes a connection and says nothing was not asked anything
    /// yet where TLS has to come first, and is no slow server.
    /// </summary>
    /// <param name="unanswered">What did not come, as <c>the server did not answer</c>.</param>
    /// <param name="limit">The time.</param>
    /// <param name="cause">What the wait ended with.</param>
    public TimeoutException Late(string unanswered, TimeSpan limit, Exception cause) => new(
        _dialer.Phase == DialPhase.Silent && Server.Scheme == Uri.UriSchemeHttps
            ? $"a connection to {Server.Authority} stands, but not a byte came over it within {limit.TotalSeconds:0.######} s: TLS did not "
                + "come about, and nothing was asked"
            : $"{unanswered} within {limit.TotalSeconds:0.######} s",
        cause);

    async ValueTask FetchAsync(
        Func<HttpRequestMessage, bool, CancellationToken, ValueTask> authorize, HttpRequestMessage request, bool renew,
        CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _fetching);
        try
        {
            await authorize(request, renew, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _fetching);
        }
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
