using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Client.Tests;

public sealed class AtMostOnceTests
{
    /// <summary>
    /// A pooled connection that ends before the answer: the server may have begun the command. The handler repeats a GET by itself then,
    /// unless it is told not to.
    /// </summary>
    [Fact]
    public async Task An_upgrade_that_got_no_answer_is_not_repeated()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        List<string> seen = [];
        Task serving = Task.Run(async () =>
        {
            while (true)
            {
                TcpClient connection = await listener.AcceptTcpClientAsync(Ct);
                NetworkStream stream = connection.GetStream();
                while (await HeadAsync(stream) is { Length: > 0 } head)
                {
                    lock (seen) seen.Add(head[..head.IndexOf(' ', 5)]);
                    if (head.Contains("/exec", StringComparison.Ordinal)) break; // the command has begun, and the connection is cut
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray(), Ct);
                }

                connection.Dispose();
            }
        }, Ct);

        using StreamingClient client = new(new KubernetesEndpoint(new Uri($"http://{listener.LocalEndpoint}"), new SocketsHttpHandler { UseProxy = false }));
        using HttpMessageInvoker http = new(client.Endpoint.Handler, disposeHandler: false);
        using (HttpRequestMessage lookUp = new(HttpMethod.Get, new Uri(client.Endpoint.Server, "/api/v1/namespaces/default/pods/web-0")))
        using (HttpResponseMessage found = await http.SendAsync(lookUp, Ct)) await found.Content.ReadAsStringAsync(Ct);
        await Assert.ThrowsAnyAsync<Exception>(() => client.ExecAsync(new("web-0"), ["reboot"], cancellationToken: Ct));
        lock (seen) Assert.Single(seen, line => line.Contains("/exec", StringComparison.Ordinal));
    }

    static async Task<string> HeadAsync(NetworkStream stream)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, Ct) == 0) return "";
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
