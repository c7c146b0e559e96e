using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fairlead.Server;

/// <summary>The limits of a web server that carries the pods API.</summary>
public static class PodsApiKestrel
{
    /// <summary>
    /// What a request line, and what all headers of a request, may take in bytes: as much as at a Kubernetes API server, because the
    /// command of an exec travels in the URL.
    /// </summary>
    public const int RequestHeadBytes = 1024 * 1024;

    /// <summary>
    /// How many header lines a request may have. Kubernetes bounds their bytes alone, and somebody with many groups is impersonated by a
    /// line for each.
    /// </summary>
    const int RequestHeaders = 10_000;

    /// <summary>Sets the limits, and HTTP/1.1 next to HTTP/2 on every endpoint that says nothing else.</summary>
    public static void Configure(KestrelServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.AddServerHeader = false;
        options.Limits.MaxRequestBufferSize = 2 * RequestHeadBytes;
        options.Limits.MaxRequestLineSize = RequestHeadBytes;
        options.Limits.MaxRequestHeadersTotalSize = RequestHeadBytes;
        options.Limits.MaxRequestHeaderCount = RequestHeaders;
        options.Limits.Http2.MaxRequestHeaderFieldSize = RequestHeadBytes;
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1; // as a server behind is read: bytes stay bytes
        options.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1AndHttp2);
    }
}
