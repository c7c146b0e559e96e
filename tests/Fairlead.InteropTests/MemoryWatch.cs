namespace Fairlead.InteropTests;

/// <summary>Looks at two processes' private memory while bytes move, and tells growth with the bytes from a heap that has settled.</summary>
sealed class MemoryWatch : IAsyncDisposable
{
    /// <summary>By then buffers are rented and code is compiled.</summary>
    const long SettledAfter = 128L << 20;

    /// <summary>A heap breathes by some tens of MiB between collections; a GiB that is kept, or an eighth of one, is more.</summary>
    const long Breath = 96L << 20;

    readonly int _client, _lab;
    readonly CancellationTokenSource _stop = new();
    readonly Task _watching;
    long _moved, _clientSettled, _labSettled, _clientPeak, _labPeak;

    internal MemoryWatch(int client, int lab)
    {
        _client = client;
        _lab = lab;
        _watching = WatchAsync();
    }

    internal void Moved(int bytes) => Interlocked.Add(ref _moved, bytes);

    /// <summary>Ends the watch, before the client ends by itself.</summary>
    internal async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _watching;
    }

    internal void ExpectFlat(string what)
    {
        Measurement.Tell($"{what}: client {_clientSettled >> 20} MiB settled, {_clientPeak >> 20} MiB at most; lab {_labSettled >> 20} MiB settled, {_labPeak >> 20} MiB at most");
        Assert.True(_clientSettled > 0 && _labSettled > 0, "The transfer was over before the memory was looked at.");
        Assert.True(_clientPeak - _clientSettled < Breath, $"The client grew from {_clientSettled} to {_clientPeak} bytes.");
        Assert.True(_labPeak - _labSettled < Breath, $"The lab grew from {_labSettled} to {_labPeak} bytes.");
    }

    async Task WatchAsync()
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        try
        {
            do
            {
                if (Interlocked.Read(ref _moved) < SettledAfter) continue;
                long client = ProcessFootprint.Of(_client).PrivateMemory, lab = ProcessFootprint.Of(_lab).PrivateMemory;
                if (_clientSettled == 0) (_clientSettled, _labSettled) = (client, lab);
                (_clientPeak, _labPeak) = (Math.Max(_clientPeak, client), Math.Max(_labPeak, lab));
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // the transfer is over
        }
        catch (Exception e) when (e is IOException or KeyNotFoundException)
        {
            // the client ended first: the test reads its exit code
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }
}
