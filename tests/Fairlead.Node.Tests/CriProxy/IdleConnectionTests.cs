using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Containerd;
using Fairlead.Node.CriProxy;
using Fairlead.Testing.Containerd;

namespace Fairlead.Node.Tests.CriProxy;

/// <summary>Connections that say nothing stay: the runtime ends none either, and the web server looks at its limits once a second.</summary>
public sealed class IdleConnectionTests : IAsyncLifetime
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fl-idle-");
    ScriptedCri _cri = null!;
    CriProxyServer _proxy = null!;

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    string Front => Path.Combine(_folder.FullName, "proxy.sock");

    public async ValueTask InitializeAsync()
    {
        string behind = Path.Combine(_folder.FullName, "cri.sock");
        _cri = await ScriptedCri.StartAsync(behind, Cancelled);
        _proxy = await CriProxyServer.StartAsync(new CriProxyOptions
        {
            Cri = UnixSocketAddress.Parse(behind),
            Listen = UnixSocketAddress.Parse(Front),
            Runtime = new CriRuntimeOptions { StreamThrough = StreamThrough.Cri },
        }, Cancelled);
    }

    [Fact(Timeout = 60_000)]
    [Trait("Case", "C14")]
    [Trait("Case", "C21")]
    public async Task Silent_connections_outlive_the_servers_looks()
    {
        EndPoint socket = new UnixDomainSocketEndPoint(Front), streams = new IPEndPoint(IPAddress.Loopback, _proxy.Streams.Port);
        byte[] preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];
        using Socket unspoken = await ConnectAsync(socket, []), begun = await ConnectAsync(socket, preface), half = await ConnectAsync(socket, preface[..10]);
        using Socket web = await ConnectAsync(streams, []), used = await ConnectAsync(streams, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());

        // A second after a second of silence the server has looked at each of them at least twice.
        foreach (Socket each in (Socket[])[unspoken, begun, half, web, used]) await AssertStaysAsync(each, TimeSpan.FromSeconds(2.5));
    }

    [Fact(Timeout = 300_000)]
    [Trait("Case", "C14")]
    public async Task No_short_connection_is_refused()
    {
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = 16, CancellationToken = Cancelled };
        await Parallel.ForAsync(0, 600, parallel, async (_, token) =>
            Assert.Equal(1, await RawHttp2.CallAsync(Front, "/runtime.v1.RuntimeService/Version", "localhost", first: 0, token)));
    }

    static async Task<Socket> ConnectAsync(EndPoint end, byte[] first)
    {
        Socket socket = new(end.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(end, Cancelled);
        if (first.Length > 0) await socket.SendAsync(first, Cancelled);
        return socket;
    }

    /// <summary>What comes is read, the server's settings for instance; an end or a GOAWAY (a frame of type 7) is none of it.</summary>
    static async Task AssertStaysAsync(Socket socket, TimeSpan silence)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        enough.CancelAfter(silence);
        byte[] buffer = new byte[4096];
        List<byte> seen = [];
        try
        {
            while (true)
            {
                int count = await socket.ReceiveAsync(buffer, enough.Token);
                Assert.True(count > 0, "the server ended a silent connection, after it had sent " + Encoding.Latin1.GetString([.. seen]));
                seen.AddRange(buffer.AsSpan(0, count));
            }
        }
        catch (OperationCanceledException) when (!Cancelled.IsCancellationRequested)
        {
            Assert.DoesNotContain(FrameTypes(seen), static type => type == 7);
        }
    }

    /// <summary>The types of the HTTP/2 frames in it; none where it is HTTP/1.1.</summary>
    static List<byte> FrameTypes(List<byte> bytes)
    {
        List<byte> types = [];
        if (bytes is [(byte)'H', ..]) return types;
        for (int at = 0; at + 9 <= bytes.Count; at += 9 + (bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2])) types.Add(bytes[at + 3]);
        return types;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _cri.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
