using System.Buffers.Binary;
using System.Text;

namespace Fairlead.Testing;

/// <summary>The fields of one protobuf message, as they stand there: by their numbers, without a declaration.</summary>
/// <remarks>Source: protobuf.dev, "Encoding". Groups are not known.</remarks>
public sealed class ProtobufFields
{
    readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    /// <summary>Reads them.</summary>
    /// <exception cref="InvalidDataException">It is no message.</exception>
    public ProtobufFields(ReadOnlyMemory<byte> message)
    {
        for (int at = 0; at < message.Length;)
        {
            ulong tag = Varint(message.Span, ref at);
            int number = (int)(tag >> 3), length;
            switch (tag & 7)
            {
                case 0:
                    _fields.Add((number, Varint(message.Span, ref at), default));
                    continue;
                case 1:
                    length = 8;
                    break;
                case 2:
                    length = checked((int)Varint(message.Span, ref at));
                    break;
                case 5:
                    length = 4;
                    break;
                default:
                    throw new InvalidDataException($"Field {number} is of the kind {tag & 7}.");
            }

            if (length > message.Length - at) throw new InvalidDataException($"Field {number} has {length} bytes, of which {message.Length - at} are there.");
            _fields.Add((number, 0, message.Slice(at, length)));
            at += length;
        }
    }

    /// <summary>Every message of a number.</summary>
    public IEnumerable<ProtobufFields> Messages(int number) => All(number).Select(static field => new ProtobufFields(field.Bytes));

    /// <summary>The last message of a number; an empty one where there is none.</summary>
    public ProtobufFields Message(int number) => new(Bytes(number));

    /// <summary>The bytes of the last field of a number; none where there is none.</summary>
    public ReadOnlyMemory<byte> Bytes(int number) => All(number).LastOrDefault().Bytes;

    /// <summary>The same as text.</summary>
    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number).Span);

    /// <summary>The number in the last field of a number; 0 where there is none.</summary>
    public ulong Number(int number) => All(number).LastOrDefault().Value;

    /// <summary>The same for one that has always eight bytes.</summary>
    public ulong Fixed64(int number) => Bytes(number) is { Length: 8 } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span) : 0;

    /// <summary>There is such a field.</summary>
    public bool Has(int number) => All(number).Any();

    IEnumerable<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> All(int number) => _fields.Where(field => field.Number == number);

    static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (at >= bytes.Length) throw new InvalidDataException("A number has no end.");
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        throw new InvalidDataException("A number has more than 64 bits.");
    }
}
