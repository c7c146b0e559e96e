using CsCheck;
using Fairlead.Wire.PortForward;

namespace Fairlead.Wire.Tests.PortForward;

/// <summary>The records of docs/protocols/portforward.md, byte for byte, and that no bytes are too odd to be cut into records.</summary>
public sealed class ForwardRecordTests
{
    [Fact]
    public void Records_are_the_specifications()
    {
        Assert.Equal("portforward.fairlead.v2", PortForwardProtocol.Conversations.Name);
        Assert.Equal("0100000D00000001000000000001000000001F9000", Written(room => ForwardRecord.WriteOpen(room, 1, new ForwardOpen(65536, ForwardKind.Stream, 0, 8080, default))));
        Assert.Equal("0100001100000003000000000000400001020035" + "04" + "686F7374", Written(room => ForwardRecord.WriteOpen(room, 3, new ForwardOpen(16384, ForwardKind.Datagram, 2, 53, "host"))));
        Assert.Equal("02000008000000010000000000010000", Written(room => ForwardRecord.WriteNumber(room, ForwardRecordType.Connected, 1, 65536)));
        Assert.Equal("06000008000000010000000000018000", Written(room => ForwardRecord.WriteNumber(room, ForwardRecordType.Credit, 1, 98304)));
        Assert.Equal("07000008000000000123456789ABCDEF", Written(room => ForwardRecord.WriteNumber(room, ForwardRecordType.Ping, 0, 0x0123456789ABCDEF)));
        Assert.Equal("08000008000000000123456789ABCDEF", Written(room => ForwardRecord.WriteNumber(room, ForwardRecordType.Pong, 0, 0x0123456789ABCDEF)));
        Assert.Equal("0400000000000001", Written(room => ForwardRecord.WriteEnd(room, 1)));
        Assert.Equal("03000002000000050006", Written(room => ForwardRecord.WriteFault(room, ForwardRecordType.Refused, 5, ForwardFault.LimitReached)));
        Assert.Equal("03000014000000030001636F6E6E656374696F6E2072656675736564", Convert.ToHexString(ForwardRecord.EncodeFault(ForwardRecordType.Refused, 3, ForwardFault.ConnectionRefused, "connection refused")));
        Assert.Equal("050000070000000100107265736574", Convert.ToHexString(ForwardRecord.EncodeFault(ForwardRecordType.Reset, 1, ForwardFault.ConnectionReset, "reset")));
        Assert.Equal("0000000500000001", Written(room =>
        {
            new ForwardRecordHeader(ForwardRecordType.Data, 5, 1).Write(room);
            return ForwardRecordHeader.Size;
        }));
    }

    [Fact]
    public void What_opens_comes_back_as_it_went() => Gen.Select(Gen.UInt, Gen.Long[0, long.MaxValue], Gen.Byte, Gen.Byte, Gen.Int[0, ushort.MaxValue], Gen.String[Gen.Char['a', 'z'], 0, 255]).Sample((id, credit, kind, flags, port, host) =>
    {
        byte[] room = new byte[ForwardRecord.LongestBare];
        ForwardOpen open = new(credit, (ForwardKind)kind, flags, port, host);
        int length = ForwardRecord.WriteOpen(room, id, open);
        ForwardRecordHeader header = ForwardRecordHeader.Read(room);
        Assert.Equal(new ForwardRecordHeader(ForwardRecordType.Open, length - ForwardRecordHeader.Size, id), header);
        Assert.True(ForwardRecord.TryReadOpen(room.AsSpan(ForwardRecordHeader.Size, header.Length), out ForwardOpen read));
        Assert.Equal(open, read);
        Assert.False(ForwardRecord.TryReadOpen(room.AsSpan(ForwardRecordHeader.Size, header.Length - 1), out _));
    });

    [Fact]
    public void Any_bytes_are_read_without_a_fault_of_ours() => Gen.Byte.Array[0, 600].Sample(bytes =>
    {
        Assert.Equal(bytes.Length >= 8 && bytes[0] < 0x80, ForwardRecord.TryReadCredit(bytes, out long credit));
        Assert.True(credit >= 0 || bytes[0] >= 0x80);
        Assert.Equal(bytes.Length >= 8, ForwardRecord.TryReadNumber(bytes, out _));
        Assert.Equal(bytes.Length >= 2, ForwardRecord.TryReadFault(bytes, out ForwardFault fault, out _));
        Assert.True(Enum.IsDefined(fault));
        if (ForwardRecord.TryReadOpen(bytes, out ForwardOpen open)) Assert.True(open.Credit >= 0 && open.Host.Raw.Length <= ForwardRecord.LongestHost);
    });

    [Fact]
    public void Any_split_gives_the_same_records() => Gen.Select(
        Gen.Select(Gen.Byte, Gen.UInt, Gen.Byte.Array[0, 40]).Array[1, 8], Gen.Int[1, 9]).Sample((records, size) =>
    {
        List<byte> bytes = [];
        foreach ((byte type, uint id, byte[] body) in records)
        {
            byte[] header = new byte[ForwardRecordHeader.Size];
            new ForwardRecordHeader((ForwardRecordType)type, body.Length, id).Write(header);
            bytes.AddRange([.. header, .. body]);
        }

        ForwardRecordParser parser = new();
        List<(byte, uint, string)> read = [];
        List<byte> current = [];
        foreach (byte[] chunk in bytes.Chunk(size))
        {
            for (ReadOnlySpan<byte> rest = chunk; !rest.IsEmpty;)
            {
                ForwardRecordPart part = parser.Next(rest);
                if (part.IsBody) current.AddRange(rest[..part.Length]);
                if (part.IsEnd)
                {
                    read.Add(((byte)parser.Header.Type, parser.Header.Conversation, Convert.ToHexString([.. current])));
                    current.Clear();
                }

                rest = rest[part.Length..];
            }
        }

        Assert.True(parser.IsBetweenRecords);
        Assert.Equal(records.Select(record => (record.Item1, record.Item2, Convert.ToHexString(record.Item3))), read);
    });

    static string Written(Func<byte[], int> write)
    {
        byte[] room = new byte[ForwardRecord.LongestBare];
        return Convert.ToHexString(room.AsSpan(0, write(room)));
    }
}
