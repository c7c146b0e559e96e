using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Fuzz.Targets;

/// <summary>
/// A message of port-forward v2. The first byte says in how large pieces it comes: however it is cut, the records are the same, and what they
/// say is written again as it was.
/// </summary>
static class ForwardRecordsTarget
{
    internal static void Run(byte[] input)
    {
        if (input.Length < 2) return;
        ReadOnlySpan<byte> message = input.AsSpan(1);
        List<string> whole = Read(message, message.Length), pieces = Read(message, 1 + (input[0] % 16));
        FuzzTarget.Require(whole.SequenceEqual(pieces), "a message that is cut has other records");
    }

    static List<string> Read(ReadOnlySpan<byte> message, int size)
    {
        ForwardRecordParser parser = new();
        List<string> records = [];
        List<byte> body = [];
        while (!message.IsEmpty)
        {
            ReadOnlySpan<byte> piece = message[..Math.Min(size, message.Length)];
            message = message[piece.Length..];
            while (!piece.IsEmpty)
            {
                ForwardRecordPart part = parser.Next(piece);
                FuzzTarget.Require(part.Length > 0, "the parser stands still");
                if (part.IsBody) body.AddRange(piece[..part.Length]);
                piece = piece[part.Length..];
                if (!part.IsEnd) continue;
                FuzzTarget.Require(body.Count == parser.Header.Length, "a body is not as long as it says");
                Check(parser.Header, [.. body]);
                records.Add($"{parser.Header} {Convert.ToHexStringLower([.. body])}");
                body.Clear();
            }
        }

        records.Add($"{parser.IsBetweenRecords} {parser.Left}");
        return records;
    }

    static void Check(ForwardRecordHeader header, byte[] body)
    {
        byte[] again = new byte[ForwardRecord.LongestBare];
        header.Write(again);
        FuzzTarget.Require(ForwardRecordHeader.Read(again) == header, "a header that was written again");
        switch (header.Type)
        {
            case ForwardRecordType.Open when ForwardRecord.TryReadOpen(body, out ForwardOpen open):
                FuzzTarget.Require(open.Credit >= 0, "a credit below nothing");
                if (open.Host.Raw.Contains('\uFFFD', StringComparison.Ordinal)) break; // it was no UTF-8
                int length = ForwardRecord.WriteOpen(again, header.Conversation, open) - ForwardRecordHeader.Size;
                FuzzTarget.RequireSame(body.AsSpan(0, length), again.AsSpan(ForwardRecordHeader.Size, length), "an OPEN that was written again");
                break;
            case ForwardRecordType.Connected or ForwardRecordType.Credit when ForwardRecord.TryReadCredit(body, out long credit):
                FuzzTarget.Require(credit >= 0, "a credit below nothing");
                ForwardRecord.WriteNumber(again, header.Type, header.Conversation, credit);
                FuzzTarget.RequireSame(body.AsSpan(0, 8), again.AsSpan(ForwardRecordHeader.Size, 8), "a credit that was written again");
                break;
            case ForwardRecordType.Refused or ForwardRecordType.Reset when ForwardRecord.TryReadFault(body, out ForwardFault fault, out PeerText text):
                FuzzTarget.Require(Enum.IsDefined(fault), "a fault that nobody knows");
                byte[] written = ForwardRecord.EncodeFault(header.Type, header.Conversation, fault, text.Raw);
                FuzzTarget.Require(written.Length <= ForwardRecordHeader.Size + 2 + DirectMessage.LongestText, "a text is beyond its limit");
                break;
        }
    }
}
