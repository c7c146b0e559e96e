using Fairlead.Containerd;
using Fairlead.Node.CriProxy;
using Fairlead.Testing.Containerd;
using Grpc.Core;
using Grpc.Net.Client;

[assembly: AssemblyFixture(typeof(Fairlead.InteropTests.SilentCriProxy))]
[assembly: AssemblyFixture(typeof(Fairlead.InteropTests.SilentCriProxy2))]

namespace Fairlead.InteropTests;

/// <summary>
/// A containerd with a proxy in front of it, and a client that waits for its events, of which none comes for 150 s. It begins with the
/// assembly, so that the other tests run meanwhile.
/// </summary>
public class SilentCriProxy : IAsyncLifetime
{
    /// <summary>Nobody but these tests publishes it.</summary>
    internal const string Topic = "/fairlead/silence";

    ContainerdProcess? _containerd;
    CriProxyServer? _proxy;
    GrpcChannel? _silent;

    /// <summary>The peer that it is.</summary>
    protected virtual string RuntimePeer => Peer.Containerd;

    internal ContainerdProcess Containerd => _containerd!;

    /// <summary>Since when nothing has come.</summary>
    internal long SilentSince { get; private set; }

    /// <summary>The call that waits; skips the test where there is none.</summary>
    internal AsyncServerStreamingCall<byte[]> Silence
    {
        get
        {
            Assert.SkipWhen(field is null, ContainerdProcess.MissingBecauseOf(RuntimePeer) ?? "");
            return field!;
        }
        private set;
    }

    /// <summary>Asks for the events.</summary>
    protected virtual AsyncServerStreamingCall<byte[]> Subscribe(CallInvoker through)
    {
        ArgumentNullException.ThrowIfNull(through);
        return through.AsyncServerStreamingCall(
            RawGrpc.Method(MethodType.ServerStreaming, "containerd.services.events.v1.Events", "Subscribe"), null, new CallOptions(RawGrpc.Namespace), RawGrpc.Field(1, $"topic==\"{Topic}\""));
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (ContainerdProcess.MissingBecauseOf(RuntimePeer) is not null) return;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        _containerd = await ContainerdProcess.StartAsync(RuntimePeer, patience.Token);
        try
        {
            string socket = Path.Combine(_containerd.Folder.Root, "proxy.sock");
            _proxy = await CriProxyServer.StartAsync(new CriProxyOptions
            {
                Cri = UnixSocketAddress.Parse(_containerd.Socket),
                Listen = UnixSocketAddress.Parse(socket),
                Runtime = new CriRuntimeOptions { StateFolder = Path.Combine(_containerd.Folder.Root, "proxy-state") },
            }, patience.Token);
            _silent = RawGrpc.Connect(socket);
            Silence = Subscribe(_silent.CreateCallInvoker());
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
        GC.SuppressFinalize(this);
        _silent?.Dispose(); // with the call that waits
        if (_proxy is not null) await _proxy.DisposeAsync();
        if (_containerd is not null) await _containerd.DisposeAsync();
    }
}

/// <summary>The same with containerd 2, whose events the CRI itself has.</summary>
public sealed class SilentCriProxy2 : SilentCriProxy
{
    /// <inheritdoc/>
    protected override string RuntimePeer => Peer.Containerd2;

    /// <inheritdoc/>
    protected override AsyncServerStreamingCall<byte[]> Subscribe(CallInvoker through)
    {
        ArgumentNullException.ThrowIfNull(through);
        return through.AsyncServerStreamingCall(RawGrpc.Method(MethodType.ServerStreaming, "runtime.v1.RuntimeService", "GetContainerEvents"), null, new CallOptions(), []);
    }
}
