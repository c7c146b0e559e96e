using System.Net;

namespace Fairlead.KubeConfig.Proxies;

/// <summary>One proxy for every request, loopback or not: who asked for it meant it.</summary>
sealed class FixedProxy : IWebProxy
{
    readonly Uri _address;

    FixedProxy(Uri address, ICredentials? credentials, string source)
    {
        _address = address;
        Source = source;
        Credentials = credentials;
    }

    /// <summary>Where its URL stands.</summary>
    public string Source { get; }

    /// <inheritdoc/>
    public ICredentials? Credentials { get; set; }

    /// <summary>Reads a proxy's URL; a user and password in it are taken out, so that no error can print them.</summary>
    /// <param name="url">http, https, socks5 or socks5h; without a scheme it is http.</param>
    /// <param name="source">Where the URL stands, for errors.</param>
    public static FixedProxy Parse(string url, string source)
    {
        string text = url.Contains("://", StringComparison.Ordinal) ? url : "http://" + url;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
            throw new KubeConfigException($"the proxy in {source} is not a URL");

        string scheme = uri.Scheme switch
        {
            "http" or "https" or "socks5" => uri.Scheme,
            "socks5h" => "socks5", // names are resolved by the proxy in both
            _ => throw new KubeConfigException(
                $"the proxy in {source} has the scheme {uri.Scheme}: http, https, socks5 and socks5h are known"),
        };
        int port = uri.Port >= 0 ? uri.Port : scheme == "socks5" ? 1080 : -1;
        Uri address = new UriBuilder(scheme, uri.Host, port).Uri;
        return new FixedProxy(address, ReadCredentials(uri.UserInfo), source);
    }

    static NetworkCredential? ReadCredentials(string userInfo)
    {
        if (userInfo.Length == 0) return null;
        int colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        string user = colon < 0 ? userInfo : userInfo[..colon], password = colon < 0 ? "" : userInfo[(colon + 1)..];
        return new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password));
    }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => _address;

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => false;
}
