using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Files.Local;

/// <summary>
/// SHA-256 of a file of this machine, computed while it is copied: on a thread of its own, and from what lies in the file rather than from
/// what passed by.
/// </summary>
/// <remarks>Owns the file and the state. One caller.</remarks>
sealed class FollowingHash(SafeFileHandle file, IncrementalHash hash, long from) : IDisposable
{
    long _known = from, _asked = from;
    Task _reading = Task.CompletedTask;
    volatile bool _isDisposed;

    /// <summary>The file can be read so far.</summary>
    internal void Advance(long end)
    {
        _known = end;
        if (end - _asked >= LocalHash.BufferSize) Ask();
    }

    /// <summary>The hash, when all that can be read was read.</summary>
    internal async Task<byte[]> CompleteAsync()
    {
        Ask();
        await _reading;
        return hash.GetHashAndReset();
    }

    void Ask()
    {
        (Task earlier, long begin, long end) = (_reading, _asked, _known);
        _asked = end;
        _reading = Task.Run(async () =>
        {
            await earlier;
            Read(begin, end);
        });
    }

    void Read(long offset, long end)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LocalHash.BufferSize);
        try
        {
            while (offset < end && !_isDisposed)
            {
                int count = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)), offset);
                if (count == 0) break; // cut short meanwhile: the hash then differs
                hash.AppendData(buffer, 0, count);
                offset += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Waits for nothing: what is being read is read to its end, and then both are released.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _ = ReleaseAsync();
    }

    async Task ReleaseAsync()
    {
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        file.Dispose();
        hash.Dispose();
    }
}
