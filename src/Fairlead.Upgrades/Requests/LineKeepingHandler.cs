using System.Net;
using System.Net.Sockets;

namespace Fairlead.Upgrades.Requests;

/// <summary>
/// Sends requests by a handler, and those that give a header several times over connections of their own, HTTP/1.1 and one request each, on
/// which every value keeps its line.
/// </summary>
/// <param name="handler">For all others; disposed with this.</param>
/// <param name="phase">How far its last connection has come: what fails is told by that.</param>
sealed class LineKeepingHandler(SocketsHttpHandler handler, Func<DialPhase> phase) : HttpMessageHandler
{
    readonly Lazy<HttpMessageInvoker> _others = new(() => new HttpMessageInvoker(handler, disposeHandler: false));
    readonly Lazy<HttpMessageInvoker> _lines = new(() => new HttpMessageInvoker(LinesOf(handler)));

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsItIsAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is HttpRequestException or SocketException or OperationCanceledException { InnerException: TimeoutException })
        {
            // Of a connection that was reset as soon as it stood, .NET asks the peer's address, and throws what the socket says to that.
            Exception failure = e is SocketException ? new HttpRequestException(HttpRequestError.ConnectionError, e.Message, e) : e;
            Exception told = new FailedRequest(handler, request.RequestUri!, phase()).Told(failure);
            if (ReferenceEquals(told, e)) throw;
            throw told;
        }
    }

    Task<HttpResponseMessage> SendAsItIsAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        TraceHeaders.Put(request, handler.ActivityHeadersPropagator);
        if (!HeaderLines.AreNeededFor(request)) return _others.Value.SendAsync(request, cancellationToken);
        HeaderLines.MarkIn(request);
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return _lines.Value.SendAsync(request, cancellationToken);
    }

    /// <summary>
    /// The same way to the same server. Made at the first request that needs it, because what a handler may be told it may be told until
    /// its own first request.
    /// </summary>
    static SocketsHttpHandler LinesOf(SocketsHttpHandler like) => new()
    {
        AllowAutoRedirect = like.AllowAutoRedirect,
        AutomaticDecompression = like.AutomaticDecompression,
        ConnectCallback = like.ConnectCallback,
        ConnectTimeout = like.ConnectTimeout,
        CookieContainer = like.CookieContainer,
        UseCookies = like.UseCookies,
        Credentials = like.Credentials,
        PreAuthenticate = like.PreAuthenticate,
        Proxy = like.Proxy,
        UseProxy = like.UseProxy,
        DefaultProxyCredentials = like.DefaultProxyCredentials,
        SslOptions = like.SslOptions,
        MaxConnectionsPerServer = like.MaxConnectionsPerServer,
        MaxResponseHeadersLength = like.MaxResponseHeadersLength,
        MaxResponseDrainSize = like.MaxResponseDrainSize,
        ResponseDrainTimeout = like.ResponseDrainTimeout,
        Expect100ContinueTimeout = like.Expect100ContinueTimeout,
        RequestHeaderEncodingSelector = like.RequestHeaderEncodingSelector,
        ResponseHeaderEncodingSelector = like.ResponseHeaderEncodingSelector,
        ActivityHeadersPropagator = like.ActivityHeadersPropagator,
        MeterFactory = like.MeterFactory,
        PooledConnectionLifetime = TimeSpan.Zero, // one request a connection: what follows its head is not looked at
        PlaintextStreamFilter = async (context, cancellationToken) =>
            new HeadStream(like.PlaintextStreamFilter is { } filter ? await filter(context, cancellationToken) : context.PlaintextStream,
                HeaderLines.Mark),
    };

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (_lines.IsValueCreated) _lines.Value.Dispose();
            handler.Dispose();
        }

        base.Dispose(disposing);
    }
}
