using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Fairlead.Gateway.Callers;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Gateway.Tests;

/// <summary>Whose word about a client's address counts: a trusted proxy's, and nobody else's.</summary>
public sealed class ClientAddressTests
{
    static readonly IPNetwork[] s_proxies = [IPNetwork.Parse("192.0.2.0/28"), IPNetwork.Parse("2001:db8::/64")];

    [Theory]
    [InlineData("198.51.100.7", "203.0.113.9", "198.51.100.7")] // anybody can write a header
    [InlineData("192.0.2.1", null, "192.0.2.1")]
    [InlineData("192.0.2.1", "203.0.113.9", "203.0.113.9")]
    [InlineData("::ffff:192.0.2.1", "203.0.113.9", "203.0.113.9")]
    [InlineData("192.0.2.1", "1.1.1.1, 203.0.113.9", "203.0.113.9")] // what stands before is the client's own word
    [InlineData("192.0.2.1", "1.1.1.1, 203.0.113.9, 192.0.2.2", "203.0.113.9")] // through two proxies
    [InlineData("192.0.2.1", "192.0.2.3", "192.0.2.3")] // a proxy that asks for itself
    [InlineData("192.0.2.1", "203.0.113.9:4711", "203.0.113.9")]
    [InlineData("192.0.2.1", "[2001:db8:1::9]:4711", "2001:db8:1::9")]
    [InlineData("2001:db8::1", "2001:db8:1::9", "2001:db8:1::9")]
    [InlineData("192.0.2.1", "203.0.113.9, unknown", "192.0.2.1")] // whoever is behind that is not known
    [InlineData("192.0.2.1", "203.0.113.9, \u001b[2J", "192.0.2.1")]
    [InlineData("192.0.2.1", "", "192.0.2.1")]
    public void A_forwarded_address_counts_as_far_as_those_are_trusted_who_say_it(string from, string? said, string expected)
    {
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Parse(from);
        if (said is not null) context.Request.Headers["X-Forwarded-For"] = said;
        Assert.Equal(expected, ClientAddress.Of(context, s_proxies)?.ToString());
    }

    [Fact]
    public void Lines_of_the_header_are_one_list()
    {
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.1");
        context.Request.Headers["X-Forwarded-For"] = new(["203.0.113.9", "192.0.2.2"]);
        Assert.Equal("203.0.113.9", ClientAddress.Of(context, s_proxies)?.ToString());
    }

    /// <summary>Behind a balancer that passes TLS through and names nobody, what stands in a request is the client's own word.</summary>
    [Theory]
    [InlineData("PROXY UNKNOWN\r\n", "127.0.0.1")]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 56324 8443\r\n", "203.0.113.9")]
    public async Task The_server_behind_is_told_what_the_connection_says_and_nothing_else(string header, string expected)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(static (options, _) =>
            options with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")], TakesProxyProtocol = true });
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(pair.Address, Ct);
        await socket.SendAsync(Encoding.ASCII.GetBytes(header), Ct);
        await using SslStream tls = new(new NetworkStream(socket));
#pragma warning disable CA5359 // the test's own gateway on loopback
        await tls.AuthenticateAsClientAsync(new() { TargetHost = "localhost", RemoteCertificateValidationCallback = static (_, _, _, _) => true }, Ct);
#pragma warning restore CA5359
        await tls.WriteAsync(Encoding.ASCII.GetBytes(
            "GET /api/v1/pods HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6\r\nX-Real-Ip: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nConnection: close\r\n\r\n"), Ct);
        using StreamReader answer = new(tls);
        Assert.StartsWith("HTTP/1.1 200 ", await answer.ReadToEndAsync(Ct), StringComparison.Ordinal);
        RecordingUpstream.Seen seen = Assert.Single(pair.Upstream.Others);
        Assert.Equal((expected, null, null), (seen.Header("X-Forwarded-For"), seen.Header("X-Real-Ip"), seen.Header("Forwarded")));
    }

    public static TheoryData<string, string?> Headers => new()
    {
        { "PROXY TCP4 203.0.113.9 192.0.2.1 56324 8443\r\n", "203.0.113.9:56324" },
        { "PROXY TCP6 2001:db8:1::9 2001:db8::1 56324 8443\r\n", "[2001:db8:1::9]:56324" },
        { "PROXY UNKNOWN\r\n", null },
        { "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", null },
        { Binary(0x21, 0x11, [203, 0, 113, 9, 192, 0, 2, 1, 0xdc, 0x04, 0x20, 0xfb]), "203.0.113.9:56324" },
        { Binary(0x21, 0x11, [203, 0, 113, 9, 192, 0, 2, 1, 0xdc, 0x04, 0x20, 0xfb, 0x03, 0, 1, 7]), "203.0.113.9:56324" }, // and something more
        { Binary(0x21, 0x21, [0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, .. new byte[16], 0xdc, 0x04, 0x20, 0xfb]), "[2001:db8:1::9]:56324" },
        { Binary(0x20, 0x00, []), null }, // the balancer's own look
        { Binary(0x21, 0x31, new byte[216]), null }, // a Unix socket
    };

    [Theory, MemberData(nameof(Headers))]
    public async Task A_header_is_taken_whole_and_nothing_behind_it(string header, string? expected)
    {
        byte[] sent = [.. Encoding.Latin1.GetBytes(header), .. "\u0016hello"u8];
        foreach (int chunk in (int[])[1, 7, sent.Length])
        {
            Pipe pipe = new();
            Task<IPEndPoint?> reading = ProxyProtocol.ReadAsync(pipe.Reader, Ct);
            for (int i = 0; i < sent.Length; i += chunk) await pipe.Writer.WriteAsync(sent.AsMemory(i, Math.Min(chunk, sent.Length - i)), Ct);
            Assert.Equal(expected, (await reading)?.ToString());
            ReadResult rest = await pipe.Reader.ReadAtLeastAsync(6, Ct);
            Assert.Equal("\u0016hello", Encoding.Latin1.GetString(rest.Buffer.ToArray()));
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001")] // TLS at once
    [InlineData("PROXY TCP4 203.0.113.9\r\n")]
    [InlineData("PROXY TCP4 nobody 192.0.2.1 56324 8443\r\n")]
    [InlineData("PROXY TCP4 203.0.113.9 192.0.2.1 70000 8443\r\n")]
    [InlineData("PROXY")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0031\u0011\0\f")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\u0004\u0001\u0002\u0003\u0004")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\u00ff\u00ff")]
    [InlineData("")]
    public async Task What_is_no_header_is_refused(string sent)
    {
        Pipe pipe = new();
        await pipe.Writer.WriteAsync(Encoding.Latin1.GetBytes(sent), Ct);
        await pipe.Writer.CompleteAsync();
        await Assert.ThrowsAsync<InvalidDataException>(() => ProxyProtocol.ReadAsync(pipe.Reader, Ct));
    }

    [Fact]
    public async Task A_header_without_an_end_is_not_waited_for()
    {
        Pipe pipe = new();
        await pipe.Writer.WriteAsync(Encoding.Latin1.GetBytes("PROXY " + new string('x', 200)), Ct);
        await Assert.ThrowsAsync<InvalidDataException>(() => ProxyProtocol.ReadAsync(pipe.Reader, Ct));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static string Binary(byte command, byte family, byte[] addresses) =>
        Encoding.Latin1.GetString([.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, (byte)(addresses.Length >> 8), (byte)addresses.Length, .. addresses]);
}
