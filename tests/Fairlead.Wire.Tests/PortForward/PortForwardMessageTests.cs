using CsCheck;
using Fairlead.Wire.PortForward;

namespace Fairlead.Wire.Tests.PortForward;

/// <summary>The bytes of docs/protocols/portforward.md, and that no bytes are too odd to be read.</summary>
public sealed class PortForwardMessageTests
{
    [Fact]
    public void Messages_are_the_specifications()
    {
        Assert.Equal("011F90", Convert.ToHexString(DirectMessage.EncodeOpen(8080)));
        Assert.Equal("02", Convert.ToHexString(DirectMessage.Bare(DirectMessageType.Connected).Span));
        Assert.Equal("04", Convert.ToHexString(DirectMessage.Bare(DirectMessageType.End).Span));
        Assert.Equal("030001636F6E6E656374696F6E2072656675736564", Convert.ToHexString(DirectMessage.EncodeFault(DirectMessageType.Refused, ForwardFault.ConnectionRefused, "connection refused")));
        Assert.Equal("0500107265736574", Convert.ToHexString(DirectMessage.EncodeFault(DirectMessageType.Reset, ForwardFault.ConnectionReset, "reset")));
        Assert.Equal("portforward.fairlead.v1", PortForwardProtocol.Direct.Name);
        Assert.Equal("SPDY/3.1+portforward.k8s.io", PortForwardProtocol.Tunnel.Name);
    }

    [Fact]
    public void Ports_and_faults_come_back_as_they_went() => Gen.Select(Gen.Int[0, ushort.MaxValue], Gen.Enum<ForwardFault>(), Gen.String).Sample((port, fault, text) =>
    {
        Assert.True(DirectMessage.TryDecodeOpen(DirectMessage.EncodeOpen(port).AsSpan(1), out int read));
        Assert.Equal(port, read);
        byte[] message = DirectMessage.EncodeFault(DirectMessageType.Reset, fault, text);
        Assert.InRange(message.Length, 3, 3 + DirectMessage.LongestText);
        Assert.True(DirectMessage.TryDecodeFault(message.AsSpan(1), out ForwardFault known, out PeerText said));
        Assert.Equal(fault, known);
        Assert.Equal(Encoding.UTF8.GetString(message.AsSpan(3)).Trim(), said.Raw);
    });

    [Fact]
    public void Any_bytes_are_read_without_a_fault_of_ours() => Gen.Byte.Array[0, 2000].Sample(bytes =>
    {
        Assert.Equal(bytes.Length >= 2, DirectMessage.TryDecodeOpen(bytes, out _));
        Assert.Equal(bytes.Length >= 2, DirectMessage.TryDecodeFault(bytes, out ForwardFault fault, out PeerText text));
        Assert.True(Enum.IsDefined(fault));
        Assert.True(text.Raw.Length <= DirectMessage.LongestText);
    });

    [Fact]
    public void A_text_that_is_too_long_is_cut_between_characters()
    {
        byte[] message = DirectMessage.EncodeFault(DirectMessageType.Refused, ForwardFault.Forbidden, new string('ä', 3000));
        Assert.Equal(3 + DirectMessage.LongestText, message.Length);
        Assert.Equal(new string('ä', DirectMessage.LongestText / 2), Encoding.UTF8.GetString(message.AsSpan(3)));
    }

    [Fact]
    public void Unknown_codes_mean_nothing_more()
    {
        Assert.True(DirectMessage.TryDecodeFault([0xff, 0xff, (byte)'x'], out ForwardFault fault, out PeerText text));
        Assert.Equal((ForwardFault.Unspecified, "x"), (fault, text.Raw));
    }

    [Fact]
    public void Channels_have_their_preludes()
    {
        byte[] prelude = new byte[2];
        PortChannels.EncodePrelude(8080, prelude);
        Assert.Equal("901F", Convert.ToHexString(prelude));
        PortChannels.EncodePrelude(443, prelude);
        Assert.Equal("BB01", Convert.ToHexString(prelude));
        Assert.Equal(443, PortChannels.DecodePrelude(prelude));
        Assert.Equal(0x02, PortChannels.EncodeChannel(1, isError: false, isBase64: false));
        Assert.Equal((byte)':', PortChannels.EncodeChannel(5, isError: false, isBase64: true));
    }

    [Fact]
    public void Channels_come_back_and_others_are_ignored() => Gen.Select(Gen.Byte, Gen.Int[1, PortChannels.MostPorts], Gen.Bool).Sample((first, ports, isBase64) =>
    {
        int channel = first - (isBase64 ? '0' : 0);
        bool isKnown = PortChannels.TryDecodeChannel(first, ports, isBase64, out int port, out bool isError);
        Assert.Equal(channel >= 0 && channel < 2 * ports, isKnown);
        if (isKnown) Assert.Equal(first, PortChannels.EncodeChannel(port, isError, isBase64));
    });

    [Theory]
    [InlineData("portforward.fairlead.v2, portforward.fairlead.v1, SPDY/3.1+portforward.k8s.io", "portforward.fairlead.v2")]
    [InlineData("portforward.fairlead.v1, SPDY/3.1+portforward.k8s.io", "portforward.fairlead.v1")]
    [InlineData("SPDY/3.1+portforward.k8s.io", "SPDY/3.1+portforward.k8s.io")]
    [InlineData("v5.channel.k8s.io, v4.channel.k8s.io", "v4.channel.k8s.io")]
    [InlineData("", "")]
    [InlineData("channel.k8s.io", null)]
    [InlineData("portforward.k8s.io", null)]
    public void The_first_known_offer_is_taken(string offer, string? chosen) =>
        Assert.Equal(chosen, PortForwardProtocol.PickOverWebSocket(SubprotocolNegotiation.Split([offer]), PortForwardProtocol.All)?.Name);
}
