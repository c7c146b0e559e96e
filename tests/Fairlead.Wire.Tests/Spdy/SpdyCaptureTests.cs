using System.Buffers;
using Fairlead.Wire.Spdy;

namespace Fairlead.Wire.Tests.Spdy;

/// <summary>
/// What real peers sent. A frame has one encoding and is written back byte for byte; a header block has as many as there are
/// compressors, and is compared as it is inflated.
/// </summary>
public sealed class SpdyCaptureTests
{
    public static TheoryData<string> Captures { get; } = ["captured-kubectl-stdin.hex", "captured-kubectl-tty.hex", "captured-containerd-stdin.hex"];

    [Theory, MemberData(nameof(Captures))]
    public void Every_frame_is_written_back_byte_for_byte(string file)
    {
        byte[] captured = SpdyReading.Load(file);
        ArrayBufferWriter<byte> written = new();
        foreach (SpdyFrame frame in SpdyReading.ReadAll(captured)) frame.WriteTo(written);
        Assert.Equal(Convert.ToHexStringLower(captured), Convert.ToHexStringLower(written.WrittenSpan));
    }

    [Theory, MemberData(nameof(Captures))]
    public void Every_header_block_is_ours_once_it_is_inflated(string file)
    {
        using SpdyHeaderInflater theirs = new(SpdyLimits.Default), ours = new(SpdyLimits.Default);
        SpdyHeaderDeflater deflater = new();
        int blocks = 0;
        foreach (SpdyFrame frame in SpdyReading.ReadAll(SpdyReading.Load(file)))
        {
            if (frame.Type is not (SpdyFrameType.SynStream or SpdyFrameType.SynReply)) continue;
            byte[] block = theirs.Inflate(frame.Payload).ToArray();
            ArrayBufferWriter<byte> encoded = new(), deflated = new();
            SpdyHeaderBlock.Encode(SpdyHeaderBlock.Decode(block, SpdyLimits.Default), encoded);
            deflater.Deflate(encoded.WrittenSpan, deflated);

            Assert.Equal(Convert.ToHexStringLower(block), Convert.ToHexStringLower(ours.Inflate(new ReadOnlySequence<byte>(deflated.WrittenMemory))));
            blocks++;
        }

        Assert.Equal(4, blocks);
    }

    [Fact]
    public void A_kubectl_opens_its_streams_in_this_order_and_ends_the_input()
    {
        IReadOnlyList<SpdyFrame> piped = SpdyReading.ReadAll(SpdyReading.Load("captured-kubectl-stdin.hex"));
        IReadOnlyList<SpdyFrame> terminal = SpdyReading.ReadAll(SpdyReading.Load("captured-kubectl-tty.hex"));

        Assert.Equal(["error", "stdin", "stdout", "stderr"], Types(piped));
        Assert.Equal(["error", "stdin", "stdout", "resize"], Types(terminal));
        Assert.Equal("abc", Text(piped, stream: 3));
        Assert.Contains(piped, frame => frame is { Type: SpdyFrameType.Data, Id: 3, IsFin: true });
        Assert.Equal("{\"Width\":101,\"Height\":33}\n", Text(terminal, stream: 7));
    }

    [Fact]
    public void Containerd_answers_every_stream_and_ends_with_the_status()
    {
        IReadOnlyList<SpdyFrame> frames = SpdyReading.ReadAll(SpdyReading.Load("captured-containerd-stdin.hex"));

        Assert.Equal([1u, 3u, 5u, 7u], frames.Where(frame => frame.Type is SpdyFrameType.SynReply).Select(frame => frame.Id));
        Assert.Equal(("abc", "err\n"), (Text(frames, stream: 5), Text(frames, stream: 7)));
        Status? status = Status.TryParse(Encoding.UTF8.GetBytes(Text(frames, stream: 1)));
        Assert.True(status is not null && status.TryGetExitCode(out int code) && code == 7, status?.ToString());
        Assert.Equal(SpdyFrameType.GoAway, frames[^1].Type);
    }

    static IEnumerable<string?> Types(IEnumerable<SpdyFrame> frames) => SpdyReading.Inflate(frames).Select(headers => SpdyHeaderBlock.Find(headers, "streamtype"));

    static string Text(IEnumerable<SpdyFrame> frames, uint stream) =>
        string.Concat(frames.Where(frame => frame.Type is SpdyFrameType.Data && frame.Id == stream).Select(frame => Encoding.UTF8.GetString(frame.Payload)));
}
