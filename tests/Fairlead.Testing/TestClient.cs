using System.IO.Pipelines;
using System.Text;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Testing;

/// <summary>A client of one session, and the server's part of running it.</summary>
public sealed class TestClient : IAsyncDisposable
{
    readonly AnsweringSession _session;
    readonly StringBuilder _seen = new();
    readonly List<(string Text, TaskCompletionSource Source)> _waiting = [];

    public TestClient(RemoteCommandRequest request, Func<AnsweringSession, Task<Status>> answer, TerminalSize? size = null, bool collect = true)
    {
        Adapter = new MemoryAdapter(request);
        if (size is { } first) Send(first);
        _session = new AnsweringSession(Adapter, request);
        Status = AnswerAsync(answer);
        StandardOutput = collect ? CollectAsync(RemoteChannel.StandardOutput) : Task.FromResult("");
        StandardError = collect ? CollectAsync(RemoteChannel.StandardError) : Task.FromResult("");
    }

    public MemoryAdapter Adapter { get; }

    public Task<Status> Status { get; }

    public Task<string> StandardOutput { get; }

    public Task<string> StandardError { get; }

    public PipeWriter StandardInput => Adapter[RemoteChannel.StandardInput].Writer;

    /// <summary>What was printed and not waited for yet.</summary>
    public string Seen
    {
        get
        {
            lock (_seen) return _seen.ToString();
        }
    }

    public PipeReader Output => Adapter[RemoteChannel.StandardOutput].Reader;

    public void Lose() => Adapter.Lose();

    public void Send(TerminalSize size)
    {
        PipeWriter resize = Adapter[RemoteChannel.Resize].Writer;
        size.WriteTo(resize);
        resize.FlushAsync().AsTask().Wait();
    }

    public async Task TypeAsync(string text) => await StandardInput.WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Waits until this was printed after what was waited for before.</summary>
    public async Task SeeAsync(string text)
    {
        Task seen;
        lock (_seen)
        {
            TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((text, source));
            Look();
            seen = source.Task;
        }

        try
        {
            await seen.WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (TimeoutException)
        {
            lock (_seen) throw new TimeoutException($"Waited for <{text}>, unread: <{_seen}>");
        }
    }

    void Look()
    {
        while (_waiting is [var (text, source), ..])
        {
            int at = _seen.ToString().IndexOf(text, StringComparison.Ordinal);
            if (at < 0) return;
            _seen.Remove(0, at + text.Length);
            _waiting.RemoveAt(0);
            source.SetResult();
        }
    }

    async Task<Status> AnswerAsync(Func<AnsweringSession, Task<Status>> answer)
    {
        Status status = await answer(_session);
        await _session.EndAsync(status);
        return status;
    }

    async Task<string> CollectAsync(RemoteChannel channel)
    {
        StringBuilder all = new();
        PipeReader reader = Adapter[channel].Reader;
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync();
                string text = Encoding.UTF8.GetString(result.Buffer);
                all.Append(text);
                lock (_seen)
                {
                    _seen.Append(text);
                    Look();
                }

                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return all.ToString();
            }
        }
        catch (InvalidOperationException)
        {
            return all.ToString(); // the test has cut the wire
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!Status.IsCompleted) Lose();
        await Status;
        await _session.DisposeAsync();
    }
}
