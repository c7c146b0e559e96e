using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Fairlead.Files.Shells;

/// <summary>
/// What lines print, taken apart wherever the session's random word stands. Nothing that is printed holds it, so that content cannot be
/// taken for a line's end nor an end for content, however much or little of it comes.
/// </summary>
sealed class ShellOutput(PipeReader output, string word, Func<CancellationToken, ValueTask<ReadResult>> read)
{
    const int StatusLength = 3;

    /// <summary>More than a tool says of the longest path, each byte of it told by four.</summary>
    const int LongestEnding = 20 * 1024;

    readonly byte[] _mark = Encoding.ASCII.GetBytes("\n" + word);

    ReadOnlySequence<byte> _unread;
    long _sure; // so many of them are content, and are not looked at again

    /// <summary>How the last line ended, once <see cref="ReadAsync"/> has returned nothing.</summary>
    internal ShellEnding Ending { get; private set; }

    /// <summary>Reads on in what the line prints. The bytes stay in the pipe until <see cref="Advance"/>.</summary>
    /// <returns>Nothing where the line has ended.</returns>
    /// <exception cref="ShellEndedException">The shell has.</exception>
    internal async ValueTask<ReadOnlySequence<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await read(cancellationToken);
            _unread = result.Buffer;
            long found = IndexOf(_unread.Slice(_sure), _mark);
            // what may be the beginning of the line's end waits for the rest of it
            _sure = found >= 0 ? _sure + found : Math.Max(_sure, _unread.Length - (_mark.Length - 1));
            if (_sure > 0) return _unread.Slice(0, _sure);
            if (found == 0 && TryTakeEnding(_unread)) return default;
            output.AdvanceTo(_unread.Start, _unread.End);
            if (result.IsCompleted) throw new ShellEndedException();
        }
    }

    /// <summary>Releases the first bytes of the last read.</summary>
    internal void Advance(long count)
    {
        output.AdvanceTo(_unread.GetPosition(count));
        _sure -= count;
    }

    bool TryTakeEnding(in ReadOnlySequence<byte> bytes)
    {
        SequenceReader<byte> reader = new(bytes.Slice(_mark.Length));
        if (!reader.TryReadTo(out ReadOnlySequence<byte> ending, (byte)'\n'))
            return bytes.Length < LongestEnding ? false : throw new UnexpectedOutputException("the end of a line has none itself");
        string text = Encoding.UTF8.GetString(ending);
        if (text.Length < StatusLength
            || !int.TryParse(text.AsSpan(0, StatusLength), NumberStyles.None, CultureInfo.InvariantCulture, out int status))
            throw new UnexpectedOutputException("a line ends without a status");
        Ending = new ShellEnding(status, text[StatusLength..].Trim());
        output.AdvanceTo(reader.Position);
        return true;
    }

    static long IndexOf(in ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> mark)
    {
        if (bytes.IsSingleSegment) return bytes.FirstSpan.IndexOf(mark);
        Span<byte> seam = stackalloc byte[2 * (ShellScript.WordLength + 1)];
        long offset = 0;
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            int before = (int)Math.Min(offset, mark.Length - 1), behind = Math.Min(segment.Length, mark.Length - 1);
            if (before > 0)
            {
                bytes.Slice(offset - before, before + behind).CopyTo(seam);
                int across = seam[..(before + behind)].IndexOf(mark);
                if (across >= 0) return offset - before + across;
            }

            int at = segment.Span.IndexOf(mark);
            if (at >= 0) return offset + at;
            offset += segment.Length;
        }

        return -1;
    }
}
