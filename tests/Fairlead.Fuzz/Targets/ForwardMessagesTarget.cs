using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Fuzz.Targets;

/// <summary>One message of a port-forward. The first byte says in which form, and of how many ports; the message follows.</summary>
static class ForwardMessagesTarget
{
    internal static void Run(byte[] input)
    {
        if (input.Length < 2) return;
        ReadOnlySpan<byte> message = input.AsSpan(1);
        if ((input[0] & 1) == 0) CheckDirect(message);
        else CheckChannel(message, ports: 1 + (input[0] >> 2) % PortChannels.MostPorts, isBase64: (input[0] & 2) != 0);
    }

    static void CheckDirect(ReadOnlySpan<byte> message)
    {
        DirectMessageType type = (DirectMessageType)message[0];
        ReadOnlySpan<byte> body = message[1..];
        switch (type)
        {
            case DirectMessageType.Open:
                bool isOpen = DirectMessage.TryDecodeOpen(body, out int port);
                FuzzTarget.Require(isOpen == body.Length >= 2, "a message's length alone says whether it opens");
                if (isOpen) FuzzTarget.RequireSame(message[..3], DirectMessage.EncodeOpen(port), "an OPEN that was written again");
                break;
            case DirectMessageType.Refused or DirectMessageType.Reset:
                if (!DirectMessage.TryDecodeFault(body, out ForwardFault fault, out PeerText text)) break;
                FuzzTarget.Require(Enum.IsDefined(fault), "a fault that nobody knows");
                FuzzTarget.Require(!text.ToString().Any(char.IsControl), "a control character in a text for people");
                byte[] again = DirectMessage.EncodeFault(type, fault, text.Raw);
                FuzzTarget.Require(again.Length <= 3 + DirectMessage.LongestText, "a text is beyond its limit");
                FuzzTarget.Require(DirectMessage.TryDecodeFault(again.AsSpan(1), out ForwardFault same, out PeerText sameText), "a fault that was written again");
                FuzzTarget.Require(same == fault && text.Raw.StartsWith(sameText.Raw.TrimEnd('\uFFFD'), StringComparison.Ordinal), "a fault became another");
                break;
        }
    }

    static void CheckChannel(ReadOnlySpan<byte> message, int ports, bool isBase64)
    {
        if (!PortChannels.TryDecodeChannel(message[0], ports, isBase64, out int port, out bool isError)) return;
        FuzzTarget.Require(port >= 0 && port < ports, "a channel of no port");
        FuzzTarget.Require(PortChannels.EncodeChannel(port, isError, isBase64) == message[0], "a channel that was written again");
        if (message.Length < 1 + PortChannels.PreludeLength) return;
        byte[] prelude = new byte[PortChannels.PreludeLength];
        PortChannels.EncodePrelude(PortChannels.DecodePrelude(message[1..]), prelude);
        FuzzTarget.RequireSame(message.Slice(1, PortChannels.PreludeLength), prelude, "a port that was written again");
    }
}
