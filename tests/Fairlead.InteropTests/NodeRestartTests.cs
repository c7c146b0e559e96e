using Fairlead.Containerd;

namespace Fairlead.InteropTests;

/// <summary>A containerd that is restarted under a running node.</summary>
public sealed class NodeRestartTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    [Fact(Timeout = 120_000)]
    [Trait("Case", "C19")]
    public async Task A_native_command_outlives_two_and_the_next_one_works()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(StreamThrough.Native), throughRuntime = fixture.Client(StreamThrough.Cri);
        await using RemoteProcess running = await client.ExecAsync(fixture.PodReference, ["sh", "-c", "echo begun; read line; echo got $line; exit 5"], new() { Stdin = true }, cancellationToken);
        using StreamReader output = new(running.StandardOutput.AsStream());
        Assert.Equal("begun", await output.ReadLineAsync(cancellationToken));

        for (int i = 0; i < 2; i++) await fixture.Containerd.RestartAsync(cancellationToken);
        await running.StandardInput.WriteAsync("on\n"u8.ToArray(), cancellationToken);
        Assert.Equal("got on", await output.ReadLineAsync(cancellationToken));
        Assert.Equal(5, (await running.WaitForExitAsync(cancellationToken)).Code);

        foreach (StreamingClient each in (StreamingClient[])[client, throughRuntime])
        {
            await using RemoteProcess next = await each.ExecAsync(fixture.PodReference, ["echo", "next"], new(), cancellationToken);
            Assert.Equal("next\n", await next.StandardOutput.ReadToEndAsync(cancellationToken: cancellationToken));
            Assert.Equal(0, (await next.WaitForExitAsync(cancellationToken)).Code);
        }
    }
}
