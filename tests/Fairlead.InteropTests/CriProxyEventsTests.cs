using System.Text;
using Fairlead.Testing.Containerd;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fairlead.InteropTests;

/// <summary>Calls that stream pass through the proxy for as long as nothing happens, and then at once.</summary>
public sealed class CriProxyEventsTests(SilentCriProxy events, SilentCriProxy2 containerEvents)
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task An_event_of_containerd_arrives_after_a_long_silence()
    {
        byte[] arrived = await AfterSilenceAsync(events, async () =>
        {
            using GrpcChannel direct = RawGrpc.Connect(events.Containerd.Socket);
            byte[] any = [.. RawGrpc.Field(1, "fairlead.test/Event"), .. RawGrpc.Field(2, "now")];
            await direct.CreateCallInvoker().AsyncUnaryCall(
                RawGrpc.Method(MethodType.Unary, "containerd.services.events.v1.Events", "Publish"), null, new CallOptions(RawGrpc.Namespace, cancellationToken: Cancelled),
                [.. RawGrpc.Field(1, SilentCriProxy.Topic), .. RawGrpc.Field(2, any)]);
        });
        Assert.Contains(SilentCriProxy.Topic, Encoding.Latin1.GetString(arrived), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task An_event_of_the_CRI_arrives_after_a_long_silence()
    {
        ContainerdPod? pod = null;
        byte[] arrived = await AfterSilenceAsync(containerEvents, async () => pod = await containerEvents.Containerd.RunPodAsync(cancellationToken: Cancelled));
        Assert.Contains(pod!.SandboxId, Encoding.Latin1.GetString(arrived), StringComparison.Ordinal);
    }

    static async Task<byte[]> AfterSilenceAsync(SilentCriProxy fixture, Func<Task> happen)
    {
        Task<bool> next = fixture.Silence.ResponseStream.MoveNext(Cancelled);
        TimeSpan left = TimeSpan.FromSeconds(150) - TimeSpan.FromMilliseconds(Environment.TickCount64 - fixture.SilentSince);
        if (left > TimeSpan.Zero) await Task.Delay(left, Cancelled); // the silence is what is tested
        Assert.False(next.IsCompleted);
        await happen();
        Assert.True(await next);
        return fixture.Silence.ResponseStream.Current;
    }
}
