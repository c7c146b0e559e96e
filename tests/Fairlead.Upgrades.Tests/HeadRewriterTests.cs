using System.Buffers;
using System.Text;
using Fairlead.Upgrades.Requests;

namespace Fairlead.Upgrades.Tests;

/// <summary>The head of a request loses its marks, whatever pieces it comes in; nothing else changes.</summary>
[Trait("Case", "C1")]
public sealed class HeadRewriterTests
{
    const string Head = "POST /a~m~:b?x=~m~1 HTTP/1.1\r\nHost: x~m~y\r\nImpersonate-Group~m~0: a, b\r\nImpersonate-Group~m~1:\r\nX~: ~m~\r\nX~m~12: :~m~:\r\n\r\n";
    const string Body = "\r\nX~m~1: stays\r\n\r\nX~m~1: stays";

    [Fact]
    public void Pieces_of_any_size_make_the_same_head()
    {
        const string expected = "POST /a~m~:b?x=~m~1 HTTP/1.1\r\nHost: x~m~y\r\nImpersonate-Group: a, b\r\nImpersonate-Group:\r\nX~: ~m~\r\nX: :~m~:\r\n\r\n" + Body;
        byte[] sent = Encoding.ASCII.GetBytes(Head + Body);
        for (int size = 1; size <= sent.Length; size++)
        {
            HeadRewriter rewriter = new("~m~"u8.ToArray());
            ArrayBufferWriter<byte> output = new();
            foreach (byte[] piece in sent.Chunk(size)) rewriter.Write(piece, output);
            Assert.True(rewriter.IsBehindHead);
            Assert.Equal(expected, Encoding.ASCII.GetString(output.WrittenSpan));
        }
    }

    [Fact]
    public async Task A_stream_steps_aside_behind_the_head()
    {
        using MemoryStream sent = new();
        await using HeadStream stream = new(sent, "~m~"u8.ToArray());
        await stream.WriteAsync("GET / HTTP/1.1\r\nA~m~0: 1\r"u8.ToArray(), TestContext.Current.CancellationToken);
        stream.Write("\nA~m~1: 2\r\n\r\nA~m~0: body"u8);
        await stream.WriteAsync("A~m~0: body"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("GET / HTTP/1.1\r\nA: 1\r\nA: 2\r\n\r\nA~m~0: bodyA~m~0: body", Encoding.ASCII.GetString(sent.ToArray()));
    }
}
