using Fairlead.Wire.WebSockets;
namespace Fairlead.Wire.Tests;

public sealed class CloseSignalTests
{
    [Theory]
    [InlineData("ff00", RemoteChannel.StandardInput)]
    [InlineData("ff04", RemoteChannel.Resize)]
    [InlineData("ff01", RemoteChannel.StandardOutput)]
    [InlineData("ff03", RemoteChannel.Error)]
    public void Names_the_channel_that_ends(string hex, RemoteChannel expected)
    {
        byte[] message = Convert.FromHexString(hex);

        Assert.Equal(CloseSignal.Length, message.Length);
        Assert.True(ChannelMessage.TryDecodeChannel(message[0], RemoteCommandProtocol.V5, out RemoteChannel first));
        Assert.Equal(RemoteChannel.Close, first);
        Assert.True(CloseSignal.TryDecode(message.AsSpan(1), out RemoteChannel channel));
        Assert.Equal(expected, channel);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0001")]
    [InlineData("000000")]
    public void Another_length_is_malformed(string payload) => Assert.False(CloseSignal.TryDecode(Convert.FromHexString(payload), out _));

    [Fact]
    public void A_number_that_is_no_channel_is_malformed()
    {
        for (int number = 5; number <= 255; number++) Assert.False(CloseSignal.TryDecode([(byte)number], out _));
    }
}
