using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Fairlead.Wire;

namespace Fairlead.Upgrades.Requests;

/// <summary>
/// Why a request got no answer, in a sentence for whoever sent it: who was waited for and for how long, the server or the proxy on the way;
/// and what TLS had against it. .NET's own exception stays the cause.
/// </summary>
/// <param name="handler">What it was sent by.</param>
/// <param name="server">Where to.</param>
/// <param name="phase">How far the last connection has come.</param>
sealed partial class FailedRequest(SocketsHttpHandler handler, Uri server, DialPhase phase)
{
    readonly Uri? _proxy = ProxyOf(handler, server);

    string Server => $"the server {server.Host}:{server.Port}";

    string Proxy => $"the proxy {_proxy!.GetComponents(UriComponents.SchemeAndServer | UriComponents.StrongPort, UriFormat.UriEscaped)}"
        + (handler.Properties.TryGetValue(KubernetesEndpoint.ProxySource, out object? source) ? $" ({source})" : "");

    string Through => _proxy is null ? "" : $" through {Proxy}";

    /// <summary>The same failure with words of its own; the failure itself where it has them.</summary>
    internal Exception Told(Exception failure) => failure switch
    {
        OperationCanceledException { InnerException: TimeoutException } late =>
            new TaskCanceledException(late.Message, new TimeoutException(Late(), late)),
        HttpRequestException http when Words(http) is { } words =>
            new HttpRequestException(http.HttpRequestError, VisibleText.Line(words), http, http.StatusCode),
        _ => failure,
    };

    string Late()
    {
        string within = $"within {handler.ConnectTimeout.TotalSeconds:0.###} s";
        return phase switch
        {
            DialPhase.Connecting => $"no connection to {(_proxy is null ? Server : Proxy)} came about {within}",
            DialPhase.Silent when _proxy is not null => $"{Proxy} did not answer {within}",
            DialPhase.None => $"no connection to {Server} came about{Through} {within}",
            _ => $"{Server} did not answer the TLS handshake{Through} {within}",
        };
    }

    string? Words(HttpRequestException failure)
    {
        Exception cause = failure;
        while (cause is not ServerCertificateException && cause.InnerException is { } inner) cause = inner;
        return failure.HttpRequestError switch
        {
            _ when cause is ServerCertificateException => cause.Message,
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError =>
                _proxy is null ? $"the server cannot be reached: {failure.Message}" : $"{Proxy} cannot be reached: {cause.Message}",
            HttpRequestError.ProxyTunnelError => Refused(failure, cause),
            HttpRequestError.SecureConnectionError =>
                $"TLS with {(_proxy?.Scheme == Uri.UriSchemeHttps ? $"{Server} or {Proxy}" : Server)} did not come about: {Tls(cause)}",
            HttpRequestError.ResponseEnded => $"the connection{Through} ended before the server's answer",
            HttpRequestError.InvalidResponse =>
                $"what answers{Through} at {server.Host}:{server.Port} does not speak HTTP: {cause.Message}",
            _ when cause is IOException or SocketException => $"the connection{Through} broke before the server's answer: {cause.Message}",
            _ => null,
        };
    }

    string Refused(HttpRequestException failure, Exception cause)
    {
        if (_proxy is null) return failure.Message;
        Match code = Code().Match(failure.Message);
        if (!code.Success) return $"{Proxy} did not lead to {server.Host}:{server.Port}: {cause.Message}";
        string hint = code.Value != "407" ? ""
            : handler.Proxy?.Credentials is null ? ": it wants a user and a password, which its URL may hold"
            : ": it does not take the user and the password of its URL";
        return $"{Proxy} did not lead to {server.Host}:{server.Port}: it answered {code.Value}{hint}";
    }

    /// <summary>The two that everybody meets; the others are TLS's own.</summary>
    static string Tls(Exception cause) => cause.Message switch
    {
        var said when said.Contains("frame size", StringComparison.Ordinal) => "what answers there does not speak TLS",
        var said when said.Contains("unexpected EOF", StringComparison.Ordinal) => "the connection ended during the handshake",
        var said => said,
    };

    /// <summary>.NET has the proxy's answer nowhere else.</summary>
    [GeneratedRegex("(?<=')[1-5][0-9][0-9](?='[^']*$)")]
    private static partial Regex Code();

    static Uri? ProxyOf(SocketsHttpHandler handler, Uri server)
    {
        if (!handler.UseProxy) return null;
        IWebProxy proxy = handler.Proxy ?? HttpClient.DefaultProxy;
        return proxy.IsBypassed(server) ? null : proxy.GetProxy(server);
    }
}
