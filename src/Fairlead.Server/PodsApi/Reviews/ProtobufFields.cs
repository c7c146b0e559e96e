namespace Fairlead.Server.PodsApi.Reviews;

/// <summary>
/// Walks the length-delimited fields of a protobuf message and passes over all others: enough for the few messages that clients
/// send in this form only.
/// </summary>
ref struct ProtobufFields(ReadOnlySpan<byte> message)
{
    const int Varint = 0, Fixed64 = 1, LengthDelimited = 2, Fixed32 = 5;

    ReadOnlySpan<byte> _rest = message;

    /// <summary>The next field's number and bytes; false at the end.</summary>
    /// <exception cref="FormatException">The bytes are no protobuf message.</exception>
    public bool TryRead(out int number, out ReadOnlySpan<byte> value)
    {
        while (_rest.Length > 0)
        {
            ulong tag = ReadVarint();
            number = (int)(tag >> 3);
            switch ((int)(tag & 7))
            {
                case LengthDelimited:
                    value = Take(ReadVarint());
                    return true;
                case Varint:
                    ReadVarint();
                    break;
                case Fixed64:
                    Take(sizeof(ulong));
                    break;
                case Fixed32:
                    Take(sizeof(uint));
                    break;
                default:
                    throw new FormatException("a field has an unknown wire type");
            }
        }

        number = 0;
        value = default;
        return false;
    }

    ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw new FormatException("a number is too long");
    }

    ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length) throw new FormatException("the message ends in the middle of a field");
        ReadOnlySpan<byte> taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
