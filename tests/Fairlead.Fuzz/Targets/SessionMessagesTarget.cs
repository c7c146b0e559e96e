using Fairlead.Wire;
using Fairlead.Wire.Sessions;

namespace Fairlead.Fuzz.Targets;

/// <summary>One message of a session that outlives its carriers: what is read of it is written again as it was.</summary>
static class SessionMessagesTarget
{
    const int KeepLength = 4;

    internal static void Run(byte[] input)
    {
        if (input.Length == 0) return;
        ReadOnlySpan<byte> body = input.AsSpan(1);
        switch ((SessionMessageType)input[0])
        {
            case SessionMessageType.Hello when SessionMessage.DecodeHello(body) is { } hello:
                FuzzTarget.Require(hello.Keep <= SessionMessage.LongestKeep, "a session is kept longer than there is a number for");
                FuzzTarget.Require(SessionMessage.DecodeHello(SessionMessage.EncodeHello(hello).AsSpan(1)) == hello, "a HELLO that was written again");
                break;
            case SessionMessageType.Open when SessionMessage.DecodeOpen(body) is { } opening:
                FuzzTarget.Require(opening.Keep <= SessionMessage.LongestKeep, "a session is to be kept longer than there is a number for");
                byte[] written = SessionMessage.EncodeOpen(opening);
                if (opening.Keep == SessionMessage.LongestKeep) input.AsSpan(written.Length - KeepLength, KeepLength).CopyTo(written.AsSpan(written.Length - KeepLength));
                RequireSame(input, written, flags: 2);
                FuzzTarget.Require(!opening.ToString().Contains(Convert.ToHexStringLower(opening.Secret.Span), StringComparison.Ordinal), "a secret is shown");
                break;
            case SessionMessageType.Opened when SessionMessage.DecodeOpened(body) is { } answer:
                RequireSame(input, SessionMessage.EncodeOpened(answer), flags: 1);
                break;
            case SessionMessageType.Refused when SessionMessage.TryDecodeRefused(body, out SessionRefusal code, out PeerText text):
                FuzzTarget.Require(Enum.IsDefined(code), "a code that nobody knows");
                FuzzTarget.Require(!text.ToString().Any(char.IsControl), "a control character in a text for people");
                FuzzTarget.Require(SessionMessage.EncodeRefused(code, text.Raw).Length <= 3 + SessionMessage.LongestText, "a text is beyond its limit");
                break;
            case SessionMessageType.Confirm:
                ChannelTotal[] totals = new ChannelTotal[SessionMessage.LastChannel + 1];
                int count = SessionMessage.ReadConfirm(body, totals);
                if (count < 0) break;
                byte[] confirm = new byte[SessionMessage.LongestConfirm];
                int length = SessionMessage.WriteConfirm(confirm, totals.AsSpan(0, count));
                FuzzTarget.RequireSame(input.AsSpan(0, length), confirm.AsSpan(0, length), "a CONFIRM that was written again");
                break;
            case SessionMessageType.End when SessionMessage.DecodeEnd(body) is { } end:
                byte[] again = new byte[10];
                SessionMessage.WriteEnd(again, end.Channel, end.Total);
                FuzzTarget.RequireSame(input.AsSpan(0, again.Length), again, "an END that was written again");
                break;
        }
    }

    /// <summary>Flags that nobody knows are not kept.</summary>
    static void RequireSame(byte[] input, byte[] again, int flags)
    {
        FuzzTarget.Require(again.Length <= input.Length && (again[flags] & ~1) == 0 && again[flags] == (input[flags] & 1), "a message that was written again");
        again[flags] = input[flags];
        FuzzTarget.RequireSame(input.AsSpan(0, again.Length), again, "a message that was written again");
    }
}
