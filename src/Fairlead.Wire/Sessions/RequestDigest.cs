using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Wire.Sessions;

/// <summary>What an exec or attach asked for, in 256 bits.</summary>
public static class RequestDigest
{
    /// <summary>Its length in bytes.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    /// <summary>SHA-256 over the kind, the channels, and the command's words, each behind its length.</summary>
    /// <param name="isExec">A command; otherwise the container's main process.</param>
    /// <param name="stdin">Input is sent.</param>
    /// <param name="stdout">Output is wanted.</param>
    /// <param name="stderr">Error output is wanted; without meaning with a terminal.</param>
    /// <param name="tty">On a terminal.</param>
    /// <param name="command">The command's words; none for attach.</param>
    /// <remarks>Source: docs/protocols/session.md, "The digest".</remarks>
    public static byte[] Of(bool isExec, bool stdin, bool stdout, bool stderr, bool tty, IReadOnlyList<string> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int channels = (stdin ? 1 : 0) | (stdout ? 2 : 0) | (stderr && !tty ? 4 : 0) | (tty ? 8 : 0);
        hash.AppendData([(byte)(isExec ? 'e' : 'a'), (byte)channels]);
        Span<byte> length = stackalloc byte[sizeof(uint)];
        foreach (string word in command)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(word);
            BinaryPrimitives.WriteUInt32BigEndian(length, (uint)bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }
}
