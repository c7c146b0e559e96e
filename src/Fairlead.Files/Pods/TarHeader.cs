using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>The block in front of each member of an archive, as every tar writes it.</summary>
/// <param name="Name">The member, unless a block before has told a longer name.</param>
/// <param name="Size">Bytes that follow, filled up to whole blocks.</param>
/// <param name="Type">What follows.</param>
readonly record struct TarHeader(string Name, long Size, char Type)
{
    internal const int Length = 512;

    const int LongestName = 100;

    const long MostSize = 1L << 60, LargestOctal = (1L << 33) - 1;

    /// <summary>A file: '0' and, in old archives, a zero byte say so; '7' (a contiguous file) is read as a file by everybody.</summary>
    internal bool IsFile => Type is '0' or '\0' or '7';

    internal long PaddedSize => (Size + Length - 1) / Length * Length;

    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static TarHeader Read(ReadOnlySpan<byte> block)
    {
        if (ReadNumber(block[148..156]) != Sum(block)) throw Invalid();
        string name = ReadText(block[..100]);
        bool hasPrefix = block[257..263].SequenceEqual("ustar\0"u8);
        if (hasPrefix && ReadText(block[345..500]) is { Length: > 0 } prefix) name = $"{prefix}/{name}";
        long size = ReadNumber(block[124..136]);
        return size is >= 0 and <= MostSize ? new TarHeader(name, size, (char)block[156]) : throw Invalid();
    }

    /// <summary>Octal digits between blanks and zeros; large numbers as they are, behind a byte of 128.</summary>
    static long ReadNumber(ReadOnlySpan<byte> field)
    {
        if (field[0] == 0x80)
        {
            long large = 0;
            foreach (byte digits in field[^8..]) large = (large << 8) | digits;
            return large;
        }

        long number = 0;
        foreach (byte digit in field.Trim(" \0"u8)) number = digit is >= (byte)'0' and <= (byte)'7'
            ? (number << 3) | (byte)(digit - '0')
            : throw Invalid();
        return number;
    }

    static int Sum(ReadOnlySpan<byte> block)
    {
        int sum = 8 * ' '; // the sum's own field counts as blanks
        foreach (byte before in block[..148]) sum += before;
        foreach (byte behind in block[156..Length]) sum += behind;
        return sum;
    }

    static string ReadText(ReadOnlySpan<byte> field) => NameBytes.Decode(field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field);

    /// <summary>What a block of PAX says of the member behind it: records of a length, a blank, a key, an equals sign, a value.</summary>
    internal static (string? Name, long? Size) ReadExtension(ReadOnlySpan<byte> records)
    {
        string? name = null;
        long? size = null;
        while (!records.IsEmpty)
        {
            if (!Utf8Parser.TryParse(records, out int length, out int digits) || length <= digits + 1 || length > records.Length)
                throw Invalid();
            ReadOnlySpan<byte> record = records[(digits + 1)..length].TrimEnd((byte)'\n');
            if (record.StartsWith("path="u8)) name = NameBytes.Decode(record[5..]);
            else if (record.StartsWith("size="u8))
                size = long.TryParse(Encoding.ASCII.GetString(record[5..]), CultureInfo.InvariantCulture, out long told)
                    && told is >= 0 and <= MostSize ? told : throw Invalid();
            records = records[length..];
        }

        return (name, size);
    }

    /// <summary>
    /// Writes a file's block, as GNU and everybody else reads it; a name that is too long for it in a member of its own before.
    /// </summary>
    internal static void Write(Stream archive, string name, long size, int mode, long modified)
    {
        byte[] bytes = NameBytes.Encode(name);
        if (bytes.Length > LongestName)
        {
            WriteBlock(archive, "././@LongLink"u8, bytes.Length + 1, 0, 0, 'L');
            archive.Write(bytes);
            Pad(archive, bytes.Length, withZero: true);
        }

        WriteBlock(archive, bytes.AsSpan(0, Math.Min(bytes.Length, LongestName)), size, mode, modified, '0');
    }

    /// <summary>Fills up the block behind so many bytes.</summary>
    internal static void Pad(Stream archive, long length, bool withZero = false)
    {
        int rest = (int)((withZero ? length + 1 : length) % Length);
        archive.Write(new byte[(rest == 0 ? 0 : Length - rest) + (withZero ? 1 : 0)]);
    }

    static void WriteBlock(Stream archive, ReadOnlySpan<byte> name, long size, int mode, long modified, char type)
    {
        Span<byte> block = stackalloc byte[Length];
        block.Clear();
        name.CopyTo(block);
        WriteOctal(block[100..108], mode);
        WriteOctal(block[108..116], 0);
        WriteOctal(block[116..124], 0);
        WriteOctal(block[124..136], size);
        WriteOctal(block[136..148], Math.Clamp(modified, 0, LargestOctal));
        block[156] = (byte)type;
        "ustar  \0"u8.CopyTo(block[257..]);
        WriteOctal(block[148..155], Sum(block));
        block[155] = (byte)' ';
        archive.Write(block);
    }

    /// <summary>Digits up to a zero in the last place.</summary>
    static void WriteOctal(Span<byte> field, long number)
    {
        for (int i = field.Length - 2; i >= 0; i--, number >>= 3) field[i] = (byte)('0' + (number & 7));
    }

    static InvalidDataException Invalid() => new("The container's tar sent what is no archive.");
}
