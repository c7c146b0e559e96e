using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Fairlead.Streaming.Tls;

/// <summary>A value made of files, and made anew when they change: certificates that somebody renews, authorities, users.</summary>
/// <remarks>
/// The files are looked at every <see cref="FileReads.Interval"/>, by a timer's thread: reading <see cref="Current"/> waits for nothing. A
/// change is taken when two looks have seen the same, so that what is being written is not. What cannot be made into a value leaves the
/// former one in force, and is told once. Former values are not disposed: who began with one may go on with it, and handles that nobody
/// holds any more are freed by the collector.
/// </remarks>
/// <typeparam name="T">The value. It does not change by itself.</typeparam>
public sealed class WatchedFiles<T> : IDisposable where T : class
{
    readonly string _what;
    readonly Func<FileReads, T> _make;
    readonly Func<T, IEnumerable<X509Certificate2>> _certificates;
    readonly TimeProvider _clock;
    readonly ILogger _logger;
    readonly Lock _looking = new();
    readonly ITimer _timer;
    FileReads _known = new();
    FileReads? _unsettled;
    volatile T _current;
    bool _disposed;

    /// <summary>Reads the files for the first time.</summary>
    /// <param name="what">What they are, for the log.</param>
    /// <param name="make">Makes the value; each file it reads is watched. What it throws is logged by its message, which tells no
    /// secret.</param>
    /// <param name="certificates">The certificates that are told of when a value is taken; none for a value of another kind.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">Where it is told what was taken, and what was not and why.</param>
    /// <remarks>What <paramref name="make"/> throws the first time is thrown.</remarks>
    public WatchedFiles(
        string what, Func<FileReads, T> make, Func<T, IEnumerable<X509Certificate2>> certificates, TimeProvider clock, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(make);
        ArgumentNullException.ThrowIfNull(certificates);
        ArgumentNullException.ThrowIfNull(clock);
        (_what, _make, _certificates, _clock, _logger) = (what, make, certificates, clock, logger);
        _current = make(_known);
        WarnOfExpired(_current);
        _timer = clock.CreateTimer(static state => ((WatchedFiles<T>)state!).Look(), this, FileReads.Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The value in force.</summary>
    public T Current => _current;

    /// <summary>Called with each new value when it is in force, by the thread that looks.</summary>
    public Action<T>? Taken { get; init; }

    void Look()
    {
        lock (_looking)
        {
            if (_disposed) return;
            FileReads now = _known.Look();
            if (now.Equal(_known)) _unsettled = null;
            else if (_unsettled is null || !now.Equal(_unsettled)) _unsettled = now;
            else Take(now);
            _timer.Change(FileReads.Interval, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// Looks at once, and takes what has changed without a second look. For callers that know from elsewhere that the files must be newer
    /// than the value in force. Reads files in this call.
    /// </summary>
    /// <returns>True where a new value was taken.</returns>
    public bool TakeNow()
    {
        lock (_looking)
        {
            if (_disposed) return false;
            FileReads now = _known.Look();
            T before = _current;
            if (!now.Equal(_known)) Take(now);
            return !ReferenceEquals(before, _current);
        }
    }

    void Take(FileReads now)
    {
        _unsettled = null;
        FileReads reads = FileReads.Anew();
        T value;
        try
        {
            value = _make(reads);
        }
        catch (Exception refusal)
        {
            _known = now; // told once; the next change is another
            _known.Add(reads);
            Log.NotTaken(_logger, _what, refusal.Message);
            return;
        }

        _known = reads;
        _current = value;
        Log.Taken(_logger, _what, string.Join("; ", _certificates(value).Select(Describe)));
        WarnOfExpired(value);
        Taken?.Invoke(value);
    }

    void WarnOfExpired(T value)
    {
        foreach (X509Certificate2 certificate in _certificates(value))
        {
            if (certificate.NotAfter.ToUniversalTime() < _clock.GetUtcNow().UtcDateTime) Log.Expired(_logger, _what, Describe(certificate));
        }
    }

    static string Describe(X509Certificate2 certificate) =>
        FormattableString.Invariant($"{certificate.Subject} until {certificate.NotAfter.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}");

    /// <summary>Looks no more. The value stays.</summary>
    public void Dispose()
    {
        lock (_looking) _disposed = true;
        _timer.Dispose();
    }
}
