using CsCheck;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Wire.Tests;

public sealed class ChannelMessageTests
{
    [Theory]
    [InlineData("0068656c6c6f0a", RemoteChannel.StandardInput, "hello\n")]
    [InlineData("01", RemoteChannel.StandardOutput, "")]
    [InlineData("02", RemoteChannel.StandardError, "")]
    [InlineData("03", RemoteChannel.Error, "")]
    public void Binary_vectors_decode_to_channel_and_payload(string hex, RemoteChannel expected, string payload)
    {
        byte[] message = Convert.FromHexString(hex);

        Assert.True(ChannelMessage.TryDecodeChannel(message[0], RemoteCommandProtocol.V5, out RemoteChannel channel));
        Assert.Equal(expected, channel);
        Assert.Equal(payload, Encoding.ASCII.GetString(message.AsSpan(ChannelMessage.HeaderLength)));
        Assert.Equal(message[0], ChannelMessage.EncodeChannel(channel, RemoteCommandProtocol.V5));
    }

    [Theory]
    [InlineData("305a6d397643673d3d", RemoteChannel.StandardInput, "foo\n")]
    [InlineData("31", RemoteChannel.StandardOutput, "")]
    [InlineData("3465794a586157523061434936 4f4441 73496b686c6157646f64434936 4d6a5239", RemoteChannel.Resize, "{\"Width\":80,\"Height\":24}")]
    public void Base64_vectors_decode_and_encode(string hex, RemoteChannel expected, string payload)
    {
        byte[] message = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        Assert.True(ChannelMessage.TryDecodeChannel(message[0], RemoteCommandProtocol.Base64V4, out RemoteChannel channel));
        Assert.Equal(expected, channel);
        byte[] decoded = message[1..];
        Assert.True(ChannelMessage.TryDecodeBase64(decoded, out int length));
        Assert.Equal(payload, Encoding.ASCII.GetString(decoded, 0, length));

        byte[] encoded = new byte[1 + ChannelMessage.GetBase64Length(payload.Length)];
        encoded[0] = ChannelMessage.EncodeChannel(channel, RemoteCommandProtocol.Base64V4);
        int written = ChannelMessage.EncodeBase64(Encoding.ASCII.GetBytes(payload), encoded.AsSpan(1));
        Assert.Equal(message, encoded[..(1 + written)]);
    }

    [Fact]
    public void Every_byte_is_judged_as_the_protocol_says()
    {
        foreach (RemoteCommandProtocol protocol in RemoteCommandProtocol.OverWebSocket)
        {
            for (int first = 0; first <= 255; first++)
            {
                int channel = protocol.IsBase64 ? first - '0' : first;
                bool known = channel is >= 0 and <= 4 || (first == 255 && protocol == RemoteCommandProtocol.V5);

                Assert.Equal(known, ChannelMessage.TryDecodeChannel((byte)first, protocol, out RemoteChannel decoded));
                if (known) Assert.Equal((RemoteChannel)channel, decoded);
            }
        }
    }

    [Fact]
    public void A_close_signal_has_no_base64_form() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ChannelMessage.EncodeChannel(RemoteChannel.Close, RemoteCommandProtocol.Base64V4));

    [Theory]
    [InlineData("Zg")] // no padding
    [InlineData("Zg=")]
    [InlineData("Z")]
    [InlineData("Zm9v!A==")]
    [InlineData("Zm9v====")]
    [InlineData("=")]
    [InlineData("Zg==Zg==")] // data behind the padding
    [InlineData("Zm_v")] // the URL alphabet
    public void What_is_not_base64_is_refused(string text) =>
        Assert.False(ChannelMessage.TryDecodeBase64(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void Base64_gives_back_every_payload() => Gen.Byte.Array[0, 5000].Sample(payload =>
    {
        byte[] text = new byte[ChannelMessage.GetBase64Length(payload.Length)];
        Assert.Equal(text.Length, ChannelMessage.EncodeBase64(payload, text));
        Assert.Equal(Convert.ToBase64String(payload), Encoding.ASCII.GetString(text));
        Assert.True(ChannelMessage.TryDecodeBase64(text, out int length));
        Assert.Equal(payload, text[..length]);
    });

    [Fact]
    public void Random_bytes_are_refused_or_decoded_within_their_own_length() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        int before = bytes.Length;
        if (ChannelMessage.TryDecodeBase64(bytes, out int length)) Assert.InRange(length, 0, before / 4 * 3);
    });

    [Fact]
    public void Encoding_base64_into_too_little_space_is_the_callers_error() =>
        Assert.Throws<ArgumentException>(() => ChannelMessage.EncodeBase64("four"u8.ToArray(), new byte[7]));
}
