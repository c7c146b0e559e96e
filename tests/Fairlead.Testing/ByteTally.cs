using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Fairlead.Testing;

/// <summary>Counts and hashes what a reader gives, and keeps nothing.</summary>
/// <param name="Length">How many bytes came.</param>
/// <param name="Sha256">Their SHA-256, in lower-case hexadecimal digits.</param>
public sealed record ByteTally(long Length, string Sha256)
{
    /// <summary>Reads a stream to its end.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="bytesPerSecond">How fast at most; null for as fast as it comes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<ByteTally> OfAsync(Stream source, int? bytesPerSecond = null, CancellationToken cancellationToken = default)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // a slow reader takes small bites, sixteen a second
        byte[] buffer = new byte[bytesPerSecond is { } rate ? Math.Max(1, rate / 16) : 1 << 16];
        long length = 0, begun = Environment.TickCount64;
        int read;
        while ((read = await source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            length += read;
            if (bytesPerSecond is not { } limit) continue;
            long wait = begun + (length * 1000 / limit) - Environment.TickCount64;
            if (wait > 0) await Task.Delay((int)wait, cancellationToken);
        }

        return new ByteTally(length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    /// <summary>Reads a pipe to its end.</summary>
    public static Task<ByteTally> OfAsync(PipeReader source, int? bytesPerSecond = null, CancellationToken cancellationToken = default) =>
        OfAsync(source.AsStream(), bytesPerSecond, cancellationToken);
}
