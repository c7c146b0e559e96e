namespace Fairlead.KubeConfig.Credentials;

/// <summary>
/// One run of a plugin, for everybody who waits for it. The plugin is stopped when the last of them gives up waiting, and not before:
/// another one may be signing in.
/// </summary>
#pragma warning disable CA1001 // a source without a timer, whose wait handle nobody asks for, holds nothing to dispose
sealed class PluginRun
{
#pragma warning restore CA1001
    readonly CancellationTokenSource _abandoned = new();
    readonly Lock _lock = new();
    readonly Task _run;
    int _waiting = 1;

    /// <summary>Begins it. Who does so has joined it.</summary>
    public PluginRun(Func<CancellationToken, Task> run) => _run = Task.Run(() => run(_abandoned.Token));

    /// <returns>False where it has ended, or everybody has given it up.</returns>
    public bool TryJoin()
    {
        lock (_lock)
        {
            if (_run.IsCompleted || _waiting == 0) return false;
            _waiting++;
            return true;
        }
    }

    /// <summary>Waits for its end, once for each who has joined.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _run.WaitAsync(cancellationToken);
        }
        finally
        {
            if (IsLast())
            {
                await _abandoned.CancelAsync();
                // the plugin is gone before the last who waited for it is
                await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    bool IsLast()
    {
        lock (_lock) return --_waiting == 0 && !_run.IsCompleted;
    }
}
