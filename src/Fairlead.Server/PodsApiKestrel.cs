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

    /// <summary>How many requests one HTTP/2 connection may have at a time, sessions among them.</summary>
    public const int StreamsPerConnection = 250;

    /// <summary>How much of one request's body, or of one session, a client may send before it is read.</summary>
    const int StreamWindowBytes = 256 * 1024;

    /// <summary>Sets the limits, and HTTP/1.1 next to HTTP/2 on every endpoint that says nothing else.</summary>
    /// <remarks>
    /// The minimum rate of responses is taken off. Over HTTP/2 the web server would cut the connection, and with it every session on it, as
    /// soon as one client does not read one of them for five seconds. Over HTTP/1.1 each answer of this library has that rate as before.
    /// </remarks>
    public static void Configure(KestrelServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.AddServerHeader = false;
        options.Limits.MaxRequestBufferSize = 2 * RequestHeadBytes;
        options.Limits.MaxRequestLineSize = RequestHeadBytes;
        options.Limits.MaxRequestHeadersTotalSize = RequestHeadBytes;
        options.Limits.MaxRequestHeaderCount = RequestHeaders;
        options.Limits.MinResponseDataRate = null;
        options.Limits.Http2.MaxRequestHeaderFieldSize = RequestHeadBytes;
        AllowStreams(options, StreamsPerConnection);
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1; // as a server behind is read: bytes stay bytes
        options.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1AndHttp2);
    }

    /// <summary>
    /// Sets how many requests one HTTP/2 connection may have at a time. The connection's own window is as large as all of theirs together,
    /// so that sessions whose input nobody reads never hold up the others beside them.
    /// </summary>
    /// <param name="options">The web server's.</param>
    /// <param name="streams">How many, from 1 to 8,000.</param>
    public static void AllowStreams(KestrelServerOptions options, int streams)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(streams);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(streams, 8000);
        options.Limits.Http2.MaxStreamsPerConnection = streams;
        options.Limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        options.Limits.Http2.InitialConnectionWindowSize = streams * StreamWindowBytes;
    }
}
