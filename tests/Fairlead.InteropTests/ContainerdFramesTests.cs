using System.Buffers;
using Fairlead.Testing.Containerd;
using Fairlead.Wire.Spdy;

namespace Fairlead.InteropTests;

/// <summary>What containerd sends is read frame by frame, and written back as it came.</summary>
public sealed class ContainerdFramesTests(ContainerdFixture fixture) : IClassFixture<ContainerdFixture>
{
    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.FairleadSpdy);

    [Fact(Timeout = 120_000)]
    public async Task Every_frame_is_read_and_written_back_byte_for_byte()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        using MemoryStream received = new();
        await using (PodsApiFront front = new(containerd, pod) { Observe = (fromClient, bytes) => received.Write(fromClient ? default : bytes.Span) })
        {
            string kubeconfig = front.WriteKubeconfig();
            RunResult result = await RunningProcess.RunAsync(
                _fairlead.Program, _fairlead.Exec(kubeconfig, ["-i"], "sh", "-c", "cat; echo err >&2; exit 7"), "abc"u8.ToArray(),
                new RunOptions { Environment = _fairlead.Environment(kubeconfig) }, cancellationToken);
            Assert.True(result.ExitCode == 7, result.ToString());
        }

        SpdyFrameReader reader = new(SpdyLimits.Default);
        ReadOnlySequence<byte> left = new(received.ToArray());
        ArrayBufferWriter<byte> written = new();
        List<SpdyFrameType> types = [];
        while (reader.TryRead(ref left, out SpdyFrame frame))
        {
            frame.WriteTo(written);
            types.Add(frame.Type);
        }

        Assert.True(left.IsEmpty, $"{left.Length} bytes are no frame");
        Assert.Equal(Convert.ToHexStringLower(received.ToArray()), Convert.ToHexStringLower(written.WrittenSpan));
        Assert.Equal(4, types.Count(type => type is SpdyFrameType.SynReply));
    }
}
