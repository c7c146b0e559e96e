using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CsCheck;
using Fairlead.Files.Shells;

namespace Fairlead.Files.Tests;

/// <summary>Content and the ends of lines are told apart, in whatever parts they come and are read.</summary>
public sealed class ShellOutputTests
{
    const string Word = "0123456789abcdef0123456789abcdef";

    [Fact]
    [Trait("Case", "A4")]
    public async Task Lines_are_taken_apart_however_they_are_cut() => await Gen.Select(
        Gen.Int[0, 300].Array[1, 8], Gen.Int[1, 90].Array[1, 20], Gen.Int[1, 400].Array[1, 20], Gen.Int[16, 64]).SampleAsync(async (lengths, writes, reads, segment) =>
    {
        // content that is made of pieces of the word, as near to it as content can come
        byte[][] contents = [.. lengths.Select((length, at) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("\n" + Word[..((at * 7 % 31) + 1)], 300)))[..length])];
        byte[] all = [.. contents.SelectMany((content, at) => content.Concat(Encoding.ASCII.GetBytes($"\n{Word}{at:000} said {at}\n")))];
        Pipe pipe = new(new PipeOptions(minimumSegmentSize: segment, pauseWriterThreshold: 0, useSynchronizationContext: false));
        ShellOutput output = new(pipe.Reader, Word, pipe.Reader.ReadAsync);
        Task writing = WriteAsync(pipe.Writer, all, writes);

        int read = 0;
        for (int i = 0; i < contents.Length; i++)
        {
            List<byte> content = [];
            while (await output.ReadAsync(default) is { IsEmpty: false } bytes)
            {
                bytes = bytes.Slice(0, Math.Min(bytes.Length, reads[read++ % reads.Length]));
                content.AddRange(bytes.ToArray());
                output.Advance(bytes.Length);
            }

            if (!content.SequenceEqual(contents[i]) || output.Ending != new ShellEnding(i, $"said {i}")) return false;
        }

        await writing;
        await Assert.ThrowsAsync<ShellEndedException>(() => output.ReadAsync(TestContext.Current.CancellationToken).AsTask());
        return true;
    });

    static async Task WriteAsync(PipeWriter writer, byte[] bytes, int[] lengths)
    {
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            int count = Math.Min(lengths[i % lengths.Length], bytes.Length - at);
            await writer.WriteAsync(bytes.AsMemory(at, count));
            at += count;
            if (i % 3 == 0) await Task.Yield();
        }

        await writer.CompleteAsync();
    }
}
