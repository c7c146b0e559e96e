using System.Buffers;
using Fairlead.Node.CriProxy;

namespace Fairlead.Node.Tests.CriProxy;

public sealed class HpackAuthorityTests
{
    [Theory]
    // RFC 7541 C.3.1 and C.4.1: an ordinary authority after three indexed fields, as it is and in the Huffman code, stays
    [InlineData("828684410f7777772e6578616d706c652e636f6d", "828684410f7777772e6578616d706c652e636f6d")]
    [InlineData("828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684418cf1e3c2e5f23a6ba0ab90f4ff")]
    // "/:a" in that code: the path that the rest of this class is about
    [InlineData("418362e0ff", "4103787878")]
    // RFC 7541 C.4.2: from the table of recent headers, which has the length of what was replaced
    [InlineData("828684be5886a8eb10649cbf", "828684be5886a8eb10649cbf")]
    // never indexed, and without indexing
    [InlineData("11022f61", "11027878")]
    [InlineData("01022f61", "01027878")]
    // the name spelled out
    [InlineData("000a3a617574686f72697479022f61", "000a3a617574686f72697479027878")]
    // empty, and another size for the table before it
    [InlineData("3fe11f4100", "3fe11f4100")]
    public void Only_the_authority_changes_and_keeps_its_length(string block, string expected) => Assert.Equal(expected, Rewrite(block));

    [Fact]
    public void A_length_of_more_than_one_byte_is_kept()
    {
        string block = "417f49" + string.Concat(Enumerable.Repeat("2f", 127 + 0x49)); // 127 + 73
        Assert.Equal("417f49" + string.Concat(Enumerable.Repeat("78", 127 + 0x49)), Rewrite(block));
    }

    [Theory]
    [InlineData("41")]
    [InlineData("410f7777")]
    [InlineData("417f")]
    [InlineData("417fffffffffffff")]
    public void What_is_cut_short_or_too_large_is_refused(string block) => Assert.Throws<InvalidDataException>(() => Rewrite(block));

    static string Rewrite(string block)
    {
        ArrayBufferWriter<byte> output = new();
        HpackAuthority.Rewrite(Convert.FromHexString(block), output);
        return Convert.ToHexStringLower(output.WrittenSpan);
    }
}
