using System.Buffers;
using Fairlead.HostProcesses.Starting;
using Fairlead.Lab.Commands;
using Fairlead.Lab.Logs;
using Fairlead.Wire;

namespace Fairlead.Lab.Containers;

/// <summary>One run of a container's main process: its log, its shared input, its terminal's size.</summary>
sealed class MainProcess(LocalProcess process, ContainerLog log, bool stdinOnce) : IDisposable
{
    const int ReadSize = 32 * 1024;

    readonly SemaphoreSlim _writing = new(1, 1);
    readonly Lock _lock = new();
    readonly List<AttachSession> _attached = [];
    readonly Dictionary<AttachSession, TerminalSize> _sizes = [];
    volatile bool _inputClosed = process.Io.Input is null;

    internal LocalProcess Process { get; } = process;

    internal ContainerLog Log { get; } = log;

    internal bool HasTerminal => Process.Io.Terminal is not null;

    /// <summary>Input can be written. False without stdin in the manifest and after it was closed.</summary>
    internal bool TakesInput => !_inputClosed;

    /// <summary>A client's end of input is the process's; otherwise it detaches the client.</summary>
    internal bool ClosesWithFirstClient => stdinOnce && !HasTerminal;

    /// <summary>Reads its outputs into the log until they end.</summary>
    /// <param name="drained">From then on nothing new is waited for; what lies in the pipe is still read.</param>
    internal Task ReadOutputsAsync(CancellationToken drained)
    {
        return Task.WhenAll(ReadAsync(Process.Io.Output, isError: false), ReadAsync(Process.Io.Error, isError: true));

        async Task ReadAsync(OutputSource? source, bool isError)
        {
            if (source is null) return;
            OutputReader output = new(source);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
            try
            {
                int count;
                while ((count = await output.ReadToDrainAsync(buffer, drained)) != 0)
                    await Log.AppendAsync(buffer.AsMemory(0, count), isError);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Writes one client's input whole; clients take turns.</summary>
    /// <returns>False when the process takes no more.</returns>
    internal async ValueTask<bool> WriteInputAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (_inputClosed) return false;
            foreach (ReadOnlyMemory<byte> part in data) await Process.Io.Input!.WriteAsync(part, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _inputClosed = true; // closed by the process, or it has ended
            return false;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The end of its input, for good.</summary>
    internal async ValueTask CloseInputAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (_inputClosed) return;
            _inputClosed = true;
            await Process.Io.Input!.DisposeAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The newest client decides the size; when it goes, the newest of the others.</summary>
    internal void Attach(AttachSession session)
    {
        lock (_lock) _attached.Add(session);
    }

    internal void Detach(AttachSession session)
    {
        lock (_lock)
        {
            _attached.Remove(session);
            _sizes.Remove(session);
            ApplySize();
        }
    }

    internal void SetSize(AttachSession session, TerminalSize size)
    {
        lock (_lock)
        {
            _sizes[session] = size;
            ApplySize();
        }
    }

    /// <summary>The terminal has the size of the client that attached last, of those that have told one.</summary>
    void ApplySize()
    {
        for (int i = _attached.Count - 1; i >= 0; i--)
        {
            if (!_sizes.TryGetValue(_attached[i], out TerminalSize size)) continue;
            Process.Io.Terminal?.Resize(size);
            return;
        }
    }

    public void Dispose() => _inputClosed = true;
}
