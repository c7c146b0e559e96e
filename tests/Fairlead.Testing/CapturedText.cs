using System.Text;

namespace Fairlead.Testing;

/// <summary>What a process wrote to one output: kept up to a cap, drained to the end, and awaitable line by line.</summary>
public sealed class CapturedText
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    readonly Lock _lock = new();
    readonly StringBuilder _text = new();
    readonly int _cap;
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    bool _ended;

    internal CapturedText(Stream source, int cap)
    {
        _cap = cap;
        Completion = DrainAsync(source);
    }

    /// <summary>Ends when the output has.</summary>
    public Task Completion { get; }

    /// <summary>What came so far.</summary>
    public string Text
    {
        get
        {
            lock (_lock) return _text.ToString();
        }
    }

    /// <summary>Waits for a line that begins so.</summary>
    /// <returns>The whole line.</returns>
    /// <exception cref="EndOfStreamException">The output ended without it; says what came instead.</exception>
    /// <exception cref="TimeoutException">Nothing came for a minute, and not that; says what came.</exception>
    public Task<string> LineAsync(string prefix, CancellationToken cancellationToken = default) => LineAsync(prefix, s_patience, cancellationToken);

    /// <summary>The same of a process that may say nothing for longer, since the command is built first for instance.</summary>
    public Task<string> LineAsync(string prefix, TimeSpan patience, CancellationToken cancellationToken = default) => FindAsync(
        text => text.Split('\n')[..^1].FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal)), $"a line '{prefix}...'", patience, cancellationToken);

    /// <summary>Waits until this text has come.</summary>
    public Task ContainsAsync(string part, CancellationToken cancellationToken = default) =>
        FindAsync(text => text.Contains(part, StringComparison.Ordinal) ? part : null, $"'{part}'", s_patience, cancellationToken);

    async Task<string> FindAsync(Func<string, string?> find, string what, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (find(_text.ToString()) is { } found) return found.TrimEnd('\r');
                if (_ended) throw new EndOfStreamException($"The output ended without {what}:\n{_text}");
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(patience, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"No output for {patience.TotalSeconds:0.#} s, waiting for {what}, after:\n{Text}");
            }
        }
    }

    async Task DrainAsync(Stream source)
    {
        Decoder decoder = Encoding.UTF8.GetDecoder();
        byte[] bytes = new byte[16 * 1024];
        char[] chars = new char[bytes.Length + 1];
        int read;
        while ((read = await source.ReadAsync(bytes)) > 0)
        {
            int count = decoder.GetChars(bytes.AsSpan(0, read), chars, flush: false);
            Changed(() => _text.Append(chars, 0, Math.Min(count, _cap - _text.Length)));
        }

        Changed(() => _ended = true);
    }

    void Changed(Action change)
    {
        lock (_lock)
        {
            change();
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
