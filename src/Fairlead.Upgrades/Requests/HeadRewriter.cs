using System.Buffers;

namespace Fairlead.Upgrades.Requests;

/// <summary>
/// Cuts marked names of headers in the head of one request, which comes in pieces of any size. What follows the head is not touched.
/// </summary>
/// <param name="mark">From where on a name is cut.</param>
sealed class HeadRewriter(ReadOnlyMemory<byte> mark)
{
    readonly ArrayBufferWriter<byte> _name = new();
    bool _inName; // the request line has none

    /// <summary>The empty line has passed: all that comes is the body's, or another protocol's.</summary>
    internal bool IsBehindHead { get; private set; }

    /// <summary>Takes the next piece. A name is kept back until it is whole.</summary>
    internal void Write(ReadOnlySpan<byte> piece, IBufferWriter<byte> output)
    {
        while (!IsBehindHead && !piece.IsEmpty)
        {
            int end = _inName ? piece.IndexOfAny((byte)':', (byte)'\n') : piece.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? piece : piece[..(end + 1)];
            piece = piece[part.Length..];
            if (!_inName)
            {
                output.Write(part);
                _inName = end >= 0;
                continue;
            }

            _name.Write(part);
            if (end >= 0) EndName(output);
        }

        output.Write(piece);
    }

    void EndName(IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> name = _name.WrittenSpan;
        if (name[^1] == '\n')
        {
            IsBehindHead = name.Length == 1 || (name.Length == 2 && name[0] == '\r');
            output.Write(name);
        }
        else
        {
            int cut = name.IndexOf(mark.Span);
            output.Write(cut < 0 ? name : name[..cut]);
            if (cut >= 0) output.Write(":"u8);
            _inName = false;
        }

        _name.ResetWrittenCount();
    }
}
