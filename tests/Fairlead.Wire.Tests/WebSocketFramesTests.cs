using Fairlead.Wire.WebSockets;
namespace Fairlead.Wire.Tests;

public sealed class WebSocketFramesTests
{
    [Fact]
    public void The_server_pong_is_the_vector() => Assert.Equal("8A00", Convert.ToHexString(WebSocketFrames.ServerPong.Span));

    [Fact]
    public async Task The_client_pong_is_a_masked_empty_pong()
    {
        using MemoryStream stream = new(WebSocketFrames.ClientPong.ToArray());
        RawFrame? frame = await RawWebSocketFrames.ReadAsync(stream, cancellationToken: TestContext.Current.CancellationToken);

        Assert.NotNull(frame);
        Assert.Equal((10, true, true, 0), (frame.Opcode, frame.Fin, frame.Masked, frame.Payload.Length));
        Assert.Equal(stream.Length, stream.Position);
    }

    [Fact]
    public void A_clients_close_is_a_masked_1000() =>
        Assert.Equal(RawWebSocketFrames.Encode(8, [0x03, 0xe8], masked: true), WebSocketFrames.ClientClose.ToArray());

    [Theory]
    [InlineData(2, "0068656c6c6f0a", true, "828737fa213d379244515b952b")]
    [InlineData(2, "ff00", true, "828237fa213dc8fa")]
    [InlineData(9, "", true, "898037fa213d")]
    [InlineData(2, "01", false, "820101")]
    [InlineData(8, "03e8", false, "880203e8")]
    public async Task The_kit_speaks_the_whole_frame_vectors(int opcode, string payload, bool masked, string frame)
    {
        byte[] encoded = RawWebSocketFrames.Encode(opcode, Convert.FromHexString(payload), masked: masked);
        Assert.Equal(frame, Convert.ToHexStringLower(encoded));

        using MemoryStream stream = new(encoded);
        RawFrame? read = await RawWebSocketFrames.ReadAsync(stream, cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotNull(read);
        Assert.Equal((opcode, masked, payload), (read.Opcode, read.Masked, Convert.ToHexStringLower(read.Payload)));
    }
}
