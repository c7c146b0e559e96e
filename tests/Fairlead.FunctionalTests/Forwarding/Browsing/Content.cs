using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Forwarding.Browsing;

/// <summary>
/// Bytes that say whose they are: everything that is sent has a number, and what is made of another number is found at the first byte.
/// </summary>
static class Content
{
    /// <summary>What goes under this number.</summary>
    internal static byte[] Of(int number, int length)
    {
        byte[] bytes = new byte[length];
        using RandomByteStream stream = new(length, (ulong)number * 0x1_0000_0001);
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>How much goes under it: mostly little, as on a page.</summary>
    internal static int LengthOf(int number) => number % 7 == 0 ? 150_000 + (number % 1000) : 200 + (number * 37 % 9_000);

    /// <summary>The same for both: <see cref="Of(int, int)"/> with <see cref="LengthOf"/>.</summary>
    internal static byte[] Of(int number) => Of(number, LengthOf(number));

    /// <summary>Checks that these are the bytes of this number, or their beginning.</summary>
    internal static void Expect(int number, ReadOnlySpan<byte> bytes, bool isWhole = true)
    {
        ReadOnlySpan<byte> expected = Of(number);
        if (!isWhole) expected = expected[..Math.Min(bytes.Length, expected.Length)];
        if (!bytes.SequenceEqual(expected)) Assert.Fail($"{number}: {bytes.Length} bytes, equal up to {bytes.CommonPrefixLength(expected)} of {expected.Length}.");
    }
}
