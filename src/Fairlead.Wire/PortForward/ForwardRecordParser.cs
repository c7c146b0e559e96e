namespace Fairlead.Wire.PortForward;

/// <summary>Cuts messages of <c>portforward.fairlead.v2</c> into records, however they come. Holds no more than a header.</summary>
public sealed class ForwardRecordParser
{
    readonly byte[] _bytes = new byte[ForwardRecordHeader.Size];
    int _have;

    /// <summary>The record that is being read; the last one between records.</summary>
    public ForwardRecordHeader Header { get; private set; }

    /// <summary>Bytes of its body that have not come yet.</summary>
    public int Left { get; private set; }

    /// <summary>Bytes that the header still wants before it is whole, or before the next one is.</summary>
    public int HeaderLeft => ForwardRecordHeader.Size - _have;

    /// <summary>A record may begin here, or the message end.</summary>
    public bool IsBetweenRecords => _have == 0 && Left == 0;

    /// <summary>Takes bytes up to the end of a header or a body, or all of them.</summary>
    /// <param name="bytes">What has come; at least one.</param>
    public ForwardRecordPart Next(ReadOnlySpan<byte> bytes)
    {
        if (Left > 0)
        {
            int body = Math.Min(Left, bytes.Length);
            Skip(body);
            return new ForwardRecordPart(body, IsBegin: false, IsBody: true, IsEnd: Left == 0);
        }

        int count = Math.Min(ForwardRecordHeader.Size - _have, bytes.Length);
        bytes[..count].CopyTo(_bytes.AsSpan(_have));
        _have += count;
        if (_have < ForwardRecordHeader.Size) return new ForwardRecordPart(count, false, false, false);
        _have = 0;
        Header = ForwardRecordHeader.Read(_bytes);
        Left = Header.Length;
        return new ForwardRecordPart(count, IsBegin: true, IsBody: false, IsEnd: Left == 0);
    }

    /// <summary>Bytes of the body were taken elsewhere.</summary>
    public void Skip(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Left, nameof(count));
        Left -= count;
    }
}

/// <summary>What a step of the parser found.</summary>
/// <param name="Length">How many bytes it took.</param>
/// <param name="IsBegin">A header is whole: a record begins.</param>
/// <param name="IsBody">The bytes belong to a record's body.</param>
/// <param name="IsEnd">The record is whole.</param>
public readonly record struct ForwardRecordPart(int Length, bool IsBegin, bool IsBody, bool IsEnd);
