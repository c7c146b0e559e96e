using System.Formats.Tar;
using System.Text;
using Fairlead.Files.Pods;
using Fairlead.Files.Runs;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Tests;

/// <summary>Archives as containers send them: read whole, broken off, hostile.</summary>
public sealed class PackedFilesTests
{
    [Theory]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Ustar)]
    public async Task Every_format_is_read_whatever_the_sizes(TarEntryFormat format)
    {
        TreeEntry[] files = [.. Enumerable.Range(0, 200).Select(i => File(i % 7 == 0 ? $"{new string('d', 60)}/{new string('n', 80)}{i}" : $"f{i}", i * 611))];
        List<Piece> pieces = await ReadAsync(Pack(format, files), files);
        Assert.Equal(files.Select(file => (file.Path, (int)file.Size)), pieces.Select(piece => (piece.File.Path, piece.Bytes.Length)));
    }

    [Fact]
    [Trait("Case", "A10")]
    public void What_is_written_is_what_others_read()
    {
        MemoryStream archive = new();
        string[] names = ["./a", "./" + new string('n', 98), "./" + new string('n', 99), "./" + new string('d', 250) + "/" + new string('l', 250)];
        foreach (string name in names)
        {
            TarHeader.Write(archive, name, name.Length, 0x1ED, 1_700_000_000);
            archive.Write(Encoding.ASCII.GetBytes(name));
            TarHeader.Pad(archive, name.Length);
        }

        archive.Write(new byte[1024]);
        archive.Position = 0;
        using TarReader reader = new(archive);
        foreach (string name in names)
        {
            TarEntry entry = reader.GetNextEntry()!;
            Assert.Equal((name, name.Length, (UnixFileMode)0x1ED, 1_700_000_000), (entry.Name, (int)entry.Length, entry.Mode, entry.ModificationTime.ToUnixTimeSeconds()));
            using StreamReader content = new(entry.DataStream!);
            Assert.Equal(name, content.ReadToEnd());
        }

        Assert.Null(reader.GetNextEntry());
        archive.Position = 0;
        using MemoryStream odd = new();
        TarHeader.Write(odd, NameBytes.Decode([(byte)'.', (byte)'/', 0xFF, 0xC3]), 0, 0, 0);
        Assert.Equal([(byte)'.', (byte)'/', 0xFF, 0xC3, 0], odd.ToArray()[..5]);
    }

    [Fact]
    [Trait("Case", "A5")]
    public async Task What_an_archive_breaks_off_in_does_not_come()
    {
        TreeEntry[] files = [File("a", 700), File("b", 3000), File("c", 10)];
        byte[] archive = Pack(TarEntryFormat.Gnu, files);
        for (int length = 0; length < archive.Length; length += 37)
        {
            List<Piece> pieces = await ReadAsync(archive[..length], files);
            Assert.All(pieces, piece => Assert.Equal(piece.File.Size, piece.Bytes.Length));
            Assert.Equal(files.Take(pieces.Count), pieces.Select(piece => piece.File));
        }
    }

    [Fact]
    [Trait("Case", "A3")]
    public async Task A_member_that_is_longer_by_now_is_cut_and_a_shorter_one_is_told()
    {
        byte[] archive = Pack(TarEntryFormat.Gnu, [File("a", 700), File("b", 3000), File("c", 10)]);
        List<Piece> pieces = await ReadAsync(archive, [File("a", 600), File("b", 3001), File("c", 10)]);
        Assert.Equal([("a", 600, null), ("a", 0, ReadFault.Longer), ("b", 0, ReadFault.Shorter), ("c", 10, null)], pieces.Select(piece => (piece.File.Path, piece.Bytes.Length, piece.Fault)));
    }

    [Theory]
    [InlineData('L', 2L << 30)]
    [InlineData('K', 1L << 20)]
    [InlineData('x', 1536L << 20)]
    [InlineData('g', 1L << 40)]
    [InlineData('x', long.MaxValue)]
    [Trait("Case", "A7")]
    public async Task A_header_that_is_too_long_is_refused_before_it_is_read(char type, long size)
    {
        using EndlessStream archive = new(Header("././@LongLink", size, type));
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(archive, [File("a", 1)]));
        Assert.True(archive.Taken <= 64 * 1024, $"{archive.Taken} bytes were read");
    }

    [Fact]
    [Trait("Case", "A7")]
    public async Task A_member_that_does_not_end_is_left()
    {
        using EndlessStream archive = new(Header("./a", 1L << 50, '0'));
        Assert.Equal([null, ReadFault.Longer], (await ReadAsync(archive, [File("a", 1)])).Select(piece => piece.Fault));
        Assert.True(archive.Taken <= 1 << 20, $"{archive.Taken} bytes were read");
    }

    [Fact]
    [Trait("Case", "A7")]
    public async Task Headers_without_a_member_come_to_an_end()
    {
        byte[] header = Header("././@LongLink", 0, 'L');
        using EndlessStream archive = new([.. Enumerable.Repeat(header, 5000).SelectMany(bytes => bytes)]);
        await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(archive, [File("a", 1)]));
        Assert.True(archive.Taken <= 64 * 1024, $"{archive.Taken} bytes were read");
    }

    static TreeEntry File(string path, long size) => new(path, EntryKind.File, 0x1A4, size, 0);

    static byte[] Pack(TarEntryFormat format, IEnumerable<TreeEntry> files)
    {
        MemoryStream archive = new();
        using (TarWriter writer = new(archive, format, leaveOpen: true))
        {
            foreach (TreeEntry file in files)
            {
                string name = "./" + file.Path;
                TarEntry entry = format switch
                {
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                    _ => new UstarTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream([.. Enumerable.Range(0, (int)file.Size).Select(i => (byte)i)]);
                writer.WriteEntry(entry);
            }
        }

        return archive.ToArray();
    }

    static byte[] Header(string name, long size, char type)
    {
        byte[] block = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(block, 0);
        block[124] = 0x80;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(128), size);
        block[156] = (byte)type;
        "ustar  \0"u8.CopyTo(block.AsSpan(257));
        Encoding.ASCII.GetBytes(Convert.ToString(block.Sum(value => value) + (8 * ' '), 8).PadLeft(6, '0') + "\0 ").CopyTo(block, 148);
        return block;
    }

    static Task<List<Piece>> ReadAsync(byte[] archive, TreeEntry[] files) => ReadAsync(new MemoryStream(archive), files);

    static async Task<List<Piece>> ReadAsync(Stream archive, TreeEntry[] files)
    {
        List<Piece> pieces = [];
        await foreach (Piece piece in PackedFiles.ReadAsync(archive, files, new byte[PodSide.SmallFile], TestContext.Current.CancellationToken))
            pieces.Add(piece with { Bytes = piece.Bytes.ToArray() });
        return pieces;
    }

    /// <summary>Some bytes, and then the same for ever.</summary>
    sealed class EndlessStream(byte[] beginning) : Stream
    {
        internal long Taken { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (int i = 0; i < buffer.Length; i++, Taken++) buffer.Span[i] = Taken < beginning.Length ? beginning[Taken] : (byte)'x';
            return new(buffer.Length);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
