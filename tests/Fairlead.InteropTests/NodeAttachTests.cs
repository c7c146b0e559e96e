using Fairlead.Containerd;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>Main processes in real containers, joined through the node.</summary>
public sealed class NodeAttachTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    [Fact(Timeout = 60_000)]
    public async Task An_input_that_stays_open_is_joined_and_left()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(StreamThrough.Native);
        PodReference pod = await RunAsync(new() { Name = "echo", Stdin = true, Command = ["sh", "-c", "while read line; do echo got $line; done"] });
        for (int round = 0; round < 2; round++)
        {
            await using RemoteProcess run = await client.AttachAsync(pod, new() { Stdin = true }, cancellationToken);
            using StreamReader output = new(run.StandardOutput.AsStream());
            await run.StandardInput.WriteAsync("one\n"u8.ToArray(), cancellationToken);
            Assert.Equal("got one", await output.ReadLineAsync(cancellationToken));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_input_reaches_a_container_that_waits_for_it()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(StreamThrough.Cri);
        PodReference pod = await RunAsync(new() { Name = "once", Stdin = true, StdinOnce = true, Command = ["sh", "-c", "wc -c"] });
        await using RemoteProcess run = await client.AttachAsync(pod, new() { Stdin = true }, cancellationToken);
        await run.StandardInput.WriteAsync(new byte[12345], cancellationToken);
        await run.StandardInput.CompleteAsync();

        Assert.Equal("12345\n", await run.StandardOutput.ReadToEndAsync(cancellationToken: cancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task Native_streams_alone_refuse_what_needs_SPDY_by_name()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(StreamThrough.Native);
        PodReference pod = await RunAsync(new() { Name = "once-native", Stdin = true, StdinOnce = true, Command = ["sh", "-c", "wc -c"] });
        RemoteCommandException refused = await Assert.ThrowsAsync<RemoteCommandException>(async () =>
        {
            await using RemoteProcess run = await client.AttachAsync(pod, new() { Stdin = true }, cancellationToken);
            await run.WaitForExitAsync(cancellationToken);
        });

        Assert.Contains("--stream-through native", refused.Message, StringComparison.Ordinal);
    }

    async Task<PodReference> RunAsync(ContainerdPodOptions options)
    {
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(options, TestContext.Current.CancellationToken);
        return new PodReference(pod.Name, pod.Namespace, pod.Container);
    }
}
