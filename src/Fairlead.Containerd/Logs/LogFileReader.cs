using System.Buffers;
using Fairlead.HostProcesses.Native;

namespace Fairlead.Containerd.Logs;

/// <summary>Takes one line of a log file, without its line feed.</summary>
delegate void LogFileLineHandler(ReadOnlySpan<byte> line);

/// <summary>Reads a log file that grows: whole lines only, from where it was left, and the new file when it was rotated.</summary>
sealed class LogFileReader(string path) : IDisposable
{
    const int ReadSize = 64 * 1024;

    /// <summary>A container runtime cuts lines long before; what is longer is no log.</summary>
    const int LongestLine = 1024 * 1024;

    readonly ArrayBufferWriter<byte> _begun = new();
    FileStream? _file;

    /// <summary>Reads up to what is there now. Returns after one buffer, so that the caller can pass on what it got.</summary>
    /// <returns>False when there is nothing more for now.</returns>
    public async ValueTask<bool> ReadAsync(LogFileLineHandler handler, CancellationToken cancellationToken)
    {
        _file ??= Open();
        if (_file is null) return false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            int count = await _file.ReadAsync(buffer, cancellationToken);
            if (count == 0) return Reopen();
            Take(buffer.AsSpan(0, count), handler);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    void Take(ReadOnlySpan<byte> data, LogFileLineHandler handler)
    {
        for (int end; (end = data.IndexOf((byte)'\n')) >= 0; data = data[(end + 1)..])
        {
            if (_begun.WrittenCount == 0)
            {
                handler(data[..end]);
                continue;
            }

            _begun.Write(data[..end]);
            handler(_begun.WrittenSpan);
            _begun.ResetWrittenCount();
        }

        if (_begun.WrittenCount + data.Length > LongestLine)
            throw new InvalidDataException($"{path} has a line of more than {LongestLine} bytes");
        _begun.Write(data);
    }

    /// <summary>At the end of a file that was rotated: another one is at its path now, or the same was cut off.</summary>
    bool Reopen()
    {
        FileStream? now = Open();
        if (now is null) return false;
        if (_file!.Position <= now.Length && IsSame(_file, now))
        {
            now.Dispose();
            return false;
        }

        _file.Dispose();
        _file = now;
        _begun.ResetWrittenCount();
        return true;
    }

    static bool IsSame(FileStream one, FileStream other) =>
        FileIdentity.Of(one.SafeFileHandle) == FileIdentity.Of(other.SafeFileHandle);

    FileStream? Open()
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0,
                FileOptions.Asynchronous);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // nothing was printed yet, or it is just being rotated
        }
    }

    public void Dispose() => _file?.Dispose();
}
