using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>An answer whose headers hold more than ASCII arrives: what was asked for has been done, and its caller must not be told otherwise.</summary>
[Trait("Case", "C8")]
public sealed class AnswerHeaderTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_stay_bytes_and_what_no_header_may_hold_is_left_out()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = AnswerAsync(listener);
        using KubernetesEndpoint upstream = new(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), new SocketsHttpHandler { UseProxy = false });
        await using GatewayPair pair = await GatewayPair.StartAsync((options, _) => options with { Upstream = upstream });
        await using RawWebSocket connection = await RawWebSocket.DialAsync(pair.Address, tls: true, Ct);
        await connection.SendAsync("POST /x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer own\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"u8.ToArray(), Ct);
        using StreamReader reader = new(connection.Stream, Encoding.Latin1);
        string answer = await reader.ReadToEndAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("Warning: 299 - \"na\u00c3\u00afve\"", answer, StringComparison.Ordinal); // the two bytes of UTF-8
        Assert.DoesNotContain("X-Bad", answer, StringComparison.Ordinal);
        Assert.EndsWith("done", answer, StringComparison.Ordinal);
        await serving;
    }

    static async Task AnswerAsync(TcpListener listener)
    {
        using Socket socket = await listener.AcceptSocketAsync(Ct);
        byte[] request = new byte[8192];
        int length = 0;
        while (!Encoding.ASCII.GetString(request, 0, length).EndsWith("{}", StringComparison.Ordinal))
        {
            int count = await socket.ReceiveAsync(request.AsMemory(length), Ct);
            Assert.True(count > 0, "the request ended early");
            length += count;
        }

        await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nWarning: 299 - \"na\u00efve\"\r\nX-Bad: a\u0001b\r\nX-Bad-Too: \u007f\r\n\r\ndone"u8.ToArray(), Ct);
    }
}
