using System.Globalization;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy.PortForward;

/// <summary>The headers of a forwarded connection's two streams.</summary>
/// <param name="IsError">The error stream; otherwise the data stream.</param>
/// <param name="Port">The port of the pod.</param>
/// <param name="RequestId">What joins the two streams.</param>
/// <param name="TakesText">An error text makes this client end this connection only, not all of them: so it may be sent one.</param>
readonly record struct SpdyForwardHeaders(bool IsError, int Port, string RequestId, bool TakesText)
{
    const string PortHeader = "port", RequestIdHeader = "requestid", Error = "error", Data = "data";

    /// <summary>Longer than any number; a client that sends more has something else in mind.</summary>
    const int LongestRequestId = 32;

    /// <summary>
    /// On the error stream: an error text ends this connection alone. Without it nothing is sent but the reset, because kubectl since
    /// 1.23 gives every connection up for a text on one.
    /// </summary>
    const string TextHeader = "errortext";

    internal SpdyHeader[] Encode() =>
    [
        new(SpdyStreamSet.TypeHeader, IsError ? Error : Data),
        new(PortHeader, Port.ToString(CultureInfo.InvariantCulture)),
        new(RequestIdHeader, RequestId),
        .. TakesText ? [new SpdyHeader(TextHeader, "connection")] : (SpdyHeader[])[],
    ];

    /// <returns>False where a header is missing or wrong.</returns>
    internal static bool TryRead(SpdyStream stream, out SpdyForwardHeaders headers)
    {
        headers = default;
        string? type = SpdyHeaderBlock.Find(stream.Headers, SpdyStreamSet.TypeHeader);
        if (type is not (Error or Data)) return false;
        if (!ushort.TryParse(SpdyHeaderBlock.Find(stream.Headers, PortHeader), NumberStyles.None, CultureInfo.InvariantCulture,
            out ushort port) || port == 0) return false;

        // Clients of before 2016 send none: their streams follow each other, error first.
        bool isError = type == Error;
        string id = SpdyHeaderBlock.Find(stream.Headers, RequestIdHeader) is { Length: > 0 } named
            ? named
            : (isError ? stream.Id : stream.Id - 2).ToString(CultureInfo.InvariantCulture);
        if (id.Length > LongestRequestId) return false;
        headers = new SpdyForwardHeaders(isError, port, id, SpdyHeaderBlock.Find(stream.Headers, TextHeader) is not null);
        return true;
    }
}
