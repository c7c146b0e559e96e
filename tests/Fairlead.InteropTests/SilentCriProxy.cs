using System.Net.Sockets;
using System.Text;
using Fairlead.Containerd;
using Fairlead.Containerd.Proxy;
using Fairlead.Testing.Containerd;
using Grpc.Core;
using Grpc.Net.Client;

[assembly: AssemblyFixture(typeof(Fairlead.InteropTests.SilentCriProxy))]

namespace Fairlead.InteropTests;

/// <summary>
/// A containerd with a proxy in front of it, and a client that waits for events of one topic, of which none comes for 150 s. It begins with the
/// assembly, so that the other tests run meanwhile.
/// </summary>
public sealed class SilentCriProxy : IAsyncLifetime
{
    /// <summary>Nobody but these tests publishes it.</summary>
    internal const string Topic = "/fairlead/silence";

    static readonly Marshaller<byte[]> s_bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    ContainerdProcess? _containerd;
    ContainerdPod? _pod;
    CriProxyServer? _proxy;
    GrpcChannel? _silent;

    internal ContainerdProcess Containerd => _containerd!;

    internal ContainerdPod Pod => _pod!;

    /// <summary>Since when nothing has come.</summary>
    internal long SilentSince { get; private set; }

    /// <summary>The call that waits.</summary>
    internal AsyncServerStreamingCall<byte[]> Silence { get; private set; } = null!;

    /// <summary>The proxy's socket; skips the test where there is none.</summary>
    internal string Require()
    {
        Assert.SkipWhen(_proxy is null, ContainerdProcess.MissingBecause ?? "");
        return ProxySocket;
    }

    string ProxySocket => Path.Combine(Containerd.Folder.Root, "proxy.sock");

    /// <summary>A client with connections of its own.</summary>
    internal static GrpcChannel Connect(string socket) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            },
        },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = null,
    });

    /// <summary>A call of containerd's own API, in the namespace of the CRI.</summary>
    internal static Metadata Namespace => new() { { "containerd-namespace", "k8s.io" } };

    /// <summary>A method whose messages are bytes as they are.</summary>
    internal static Method<byte[], byte[]> Method(MethodType type, string service, string name) => new(type, service, name, s_bytes, s_bytes);

    /// <summary>A field of a protobuf message, shorter than 128 bytes.</summary>
    internal static byte[] Field(int number, byte[] value) => [(byte)(number << 3 | 2), checked((byte)value.Length), .. value];

    internal static byte[] Field(int number, string value) => Field(number, Encoding.UTF8.GetBytes(value));

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (ContainerdProcess.MissingBecause is not null) return;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        _containerd = await ContainerdProcess.StartAsync(patience.Token);
        try
        {
            _pod = await _containerd.RunPodAsync(cancellationToken: patience.Token);
            _proxy = await CriProxyServer.StartAsync(new CriProxyOptions
            {
                Cri = UnixSocketAddress.Parse(_containerd.Socket),
                Listen = UnixSocketAddress.Parse(ProxySocket),
                Runtime = new CriRuntimeOptions { StateFolder = Path.Combine(_containerd.Folder.Root, "proxy-state") },
            }, patience.Token);
            _silent = Connect(ProxySocket);
            Silence = _silent.CreateCallInvoker().AsyncServerStreamingCall(
                Method(MethodType.ServerStreaming, "containerd.services.events.v1.Events", "Subscribe"), null, new CallOptions(Namespace), Field(1, $"topic==\"{Topic}\""));
            SilentSince = Environment.TickCount64;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Silence?.Dispose();
        _silent?.Dispose();
        if (_proxy is not null) await _proxy.DisposeAsync();
        if (_containerd is not null) await _containerd.DisposeAsync();
    }
}
