using System.Buffers;
using System.Security.Cryptography;
using Fairlead.Files.Trees;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>SHA-256 of files of this machine, for what did not pass through this copy.</summary>
static class LocalHash
{
    internal const int BufferSize = 256 * 1024;

    /// <summary>A state that has taken the first bytes; the caller owns it.</summary>
    internal static IncrementalHash OfPrefix(SafeFileHandle handle, long length, CancellationToken cancellationToken) =>
        Take(handle, 0, length, cancellationToken);

    /// <summary>Of the bytes from one place to another.</summary>
    internal static byte[] OfPart(SafeFileHandle handle, long from, long end, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = Take(handle, from, end, cancellationToken);
        return hash.GetHashAndReset();
    }

    static IncrementalHash Take(SafeFileHandle handle, long from, long end, CancellationToken cancellationToken)
    {
        IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (long offset = from; offset < end;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = RandomAccess.Read(handle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)), offset);
                if (count == 0) break; // shorter than it was: the hash then differs
                hash.AppendData(buffer, 0, count);
                offset += count;
            }

            return hash;
        }
        catch
        {
            hash.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    internal static IReadOnlyDictionary<TreeEntry, byte[]> OfAll(
        IReadOnlyList<TreeEntry> files, Func<TreeEntry, SafeFileHandle?> open, CancellationToken cancellationToken)
    {
        Dictionary<TreeEntry, byte[]> hashes = [];
        foreach (TreeEntry file in files)
        {
            using SafeFileHandle? handle = open(file);
            if (handle is null) continue;
            using IncrementalHash hash = OfPrefix(handle, file.Size, cancellationToken);
            hashes[file] = hash.GetHashAndReset();
        }

        return hashes;
    }
}
