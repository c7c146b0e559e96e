using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Callers;

/// <summary>
/// The PROXY protocol, versions 1 and 2: what a balancer that passes connections through says of its client before the first byte of it.
/// </summary>
/// <remarks>HAProxy, "The PROXY protocol", 2020. Only the source is taken from it.</remarks>
static class ProxyProtocol
{
    /// <summary>The longest header of version 1, with its end of line.</summary>
    const int LongestText = 107;

    /// <summary>More than addresses need: a balancer may add what it likes, and nobody else is believed.</summary>
    const int LongestBinary = 4096;

    const int BinaryHead = 16, Ipv4 = 0x11, Ipv6 = 0x21;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    static ReadOnlySpan<byte> Text => "PROXY "u8;

    /// <summary>
    /// Takes the header off each connection that comes from a proxy, which has to have one. Others come as they are: what they say of
    /// themselves is not believed, and no TLS begins so.
    /// </summary>
    internal static void Take(
        ListenOptions listen, IReadOnlyList<IPNetwork> proxies, TimeProvider clock, Func<ILogger> logger) =>
        listen.Use(next => async connection =>
        {
            if (connection.RemoteEndPoint is IPEndPoint { Address: var proxy } && ClientAddress.IsIn(proxies, proxy))
            {
                try
                {
                    using CancellationTokenSource patience = new(s_patience, clock);
                    if (await ReadAsync(connection.Transport.Input, patience.Token) is { } source) connection.RemoteEndPoint = source;
                    else connection.Features.Set(new ClientAddress.SourcelessConnection());
                }
                catch (Exception e) when (e is InvalidDataException or OperationCanceledException or IOException)
                {
                    Log.ProxyHeaderMissing(logger(), proxy.ToString());
                    connection.Abort();
                    return;
                }
            }

            await next(connection);
        });

    /// <summary>Reads the header, and nothing behind it.</summary>
    /// <returns>Null where the proxy speaks for itself, or does not know.</returns>
    /// <exception cref="InvalidDataException">There is none.</exception>
    internal static async Task<IPEndPoint?> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancellationToken);
            if (TryRead(read.Buffer, out long length, out IPEndPoint? source))
            {
                input.AdvanceTo(read.Buffer.GetPosition(length));
                return source;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted) throw new InvalidDataException("the connection ended in the PROXY header");
        }
    }

    /// <returns>False where more has to come.</returns>
    static bool TryRead(in ReadOnlySequence<byte> buffer, out long length, out IPEndPoint? source)
    {
        byte[] start = buffer.Slice(0, Math.Min(buffer.Length, LongestBinary)).ToArray();
        (length, source) = (0, null);
        if (IsBeginning(start, Signature)) return start.Length >= BinaryHead && TryReadBinary(start, out length, out source);
        if (!IsBeginning(start, Text)) throw new InvalidDataException("the connection does not begin with a PROXY header");
        int end = start.AsSpan().IndexOf("\r\n"u8);
        if (end < 0 ? start.Length >= LongestText : end + 2 > LongestText) throw new InvalidDataException("the PROXY header has no end");
        if (end < 0) return false;
        length = end + 2;
        source = Encoding.ASCII.GetString(start, 0, end).Split(' ') switch
        {
            [_, "UNKNOWN", ..] => null,
            [_, "TCP4" or "TCP6", var address, _, var port, _] when IPAddress.TryParse(address, out IPAddress? from)
                && ushort.TryParse(port, out ushort number) => new IPEndPoint(from, number),
            _ => throw new InvalidDataException("the PROXY header cannot be read"),
        };
        return true;
    }

    static bool TryReadBinary(ReadOnlySpan<byte> start, out long length, out IPEndPoint? source)
    {
        (byte command, byte family) = (start[12], start[13]);
        int rest = BinaryPrimitives.ReadUInt16BigEndian(start[14..]);
        (length, source) = (BinaryHead + rest, null);
        if (command is not (0x20 or 0x21) || length > LongestBinary) throw new InvalidDataException("the PROXY header cannot be read");
        if (start.Length < length) return false;
        int size = family switch { Ipv4 => 4, Ipv6 => 16, _ => 0 };
        if (command == 0x20 || size == 0) return true; // the proxy's own, or of no address that is told here
        if (rest < (2 * size) + 4) throw new InvalidDataException("the PROXY header is too short");
        ReadOnlySpan<byte> addresses = start[BinaryHead..];
        source = new IPEndPoint(new IPAddress(addresses[..size]), BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * size)..]));
        return true;
    }

    static bool IsBeginning(ReadOnlySpan<byte> start, ReadOnlySpan<byte> wanted) =>
        start.Length >= wanted.Length ? start.StartsWith(wanted) : wanted.StartsWith(start);
}
