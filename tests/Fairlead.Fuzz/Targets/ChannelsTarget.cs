using System.Buffers;
using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Fuzz.Targets;

/// <summary>One WebSocket message. The first byte says which version of the protocol it is in; the message follows.</summary>
static class ChannelsTarget
{
    internal static void Run(byte[] input)
    {
        if (input.Length < 1 + ChannelMessage.HeaderLength) return;
        RemoteCommandProtocol protocol = RemoteCommandProtocol.OverWebSocket[input[0] % RemoteCommandProtocol.OverWebSocket.Length];
        byte first = input[1];
        if (!ChannelMessage.TryDecodeChannel(first, protocol, out RemoteChannel channel)) return;
        FuzzTarget.Require(ChannelMessage.EncodeChannel(channel, protocol) == first, "a channel byte that was written again");
        byte[] payload = input[2..];
        if (protocol.IsBase64 && !TryDecodeBase64(ref payload)) return;
        switch (channel)
        {
            case RemoteChannel.Close:
                bool isSignal = CloseSignal.TryDecode(payload, out RemoteChannel closed);
                FuzzTarget.Require(!isSignal || (payload.Length == CloseSignal.Length - 1 && closed == (RemoteChannel)payload[0]), "a close signal");
                break;
            case RemoteChannel.Resize: CheckSizes(payload); break;
            case RemoteChannel.Error: CheckStatus(payload); break;
        }
    }

    /// <summary>Text may hold white space, so that only what is written by us has one form.</summary>
    static bool TryDecodeBase64(ref byte[] payload)
    {
        byte[] text = [.. payload];
        if (!ChannelMessage.TryDecodeBase64(text, out int length)) return false;
        payload = text[..length];
        byte[] again = new byte[ChannelMessage.GetBase64Length(length)];
        FuzzTarget.Require(ChannelMessage.EncodeBase64(payload, again) == again.Length, "base64 has another length than was said");
        FuzzTarget.Require(ChannelMessage.TryDecodeBase64(again, out int decoded), "base64 that was written again");
        FuzzTarget.RequireSame(payload, again.AsSpan(0, decoded), "base64 that was written again");
        return true;
    }

    static void CheckSizes(byte[] payload)
    {
        string whole = ReadSizes(payload, Math.Max(1, payload.Length)), cut = ReadSizes(payload, 1);
        FuzzTarget.Require(whole == cut, $"the cut shows: {whole}; {cut}");
    }

    static string ReadSizes(byte[] bytes, int step)
    {
        StringBuilder outcome = new();
        int from = 0;
        try
        {
            for (int arrived = Math.Min(step, bytes.Length); ; arrived = Math.Min(arrived + step, bytes.Length))
            {
                ReadOnlySequence<byte> input = Pieces.Of(bytes.AsMemory(from, arrived - from), step);
                while (TerminalSize.TryRead(ref input, out TerminalSize size))
                {
                    outcome.Append($"{size}; ");
                    ArrayBufferWriter<byte> written = new();
                    size.WriteTo(written);
                    ReadOnlySequence<byte> again = new(written.WrittenMemory);
                    FuzzTarget.Require(TerminalSize.TryRead(ref again, out TerminalSize same) && same == size, "a size that was written again");
                }

                from = arrived - (int)input.Length;
                if (arrived == bytes.Length) return outcome.ToString();
            }
        }
        catch (FormatException)
        {
            return outcome.Append("refused").ToString();
        }
    }

    /// <summary>What was written by us is read as the same.</summary>
    static void CheckStatus(byte[] payload)
    {
        if (Status.TryParse(payload) is not { } status) return;
        byte[] written = status.ToJson();
        Status? again = Status.TryParse(written);
        FuzzTarget.Require(again is not null, "a status that was written again");
        FuzzTarget.RequireSame(written, again.ToJson(), "a status that was written again");
        bool hasCode = status.TryGetExitCode(out int code);
        FuzzTarget.Require(again.TryGetExitCode(out int sameCode) == hasCode && code == sameCode, "an exit code that was written again");
        FuzzTarget.Require(!hasCode || code is >= 0 and <= 255, "an exit code is none");
    }
}
