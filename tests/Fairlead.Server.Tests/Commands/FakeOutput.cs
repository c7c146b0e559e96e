using System.IO.Pipelines;
using System.Text;
using Fairlead.Server.Commands;

namespace Fairlead.Server.Tests.Commands;

/// <summary>An output of a <see cref="FakeCommand"/>.</summary>
sealed class FakeOutput : ICommandOutput
{
    readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    long _unread;

    internal Exception? Failure { get; set; }

    internal int Hidden { get; set; }

    public int Available => (int)Interlocked.Read(ref _unread);

    public int Behind => Hidden;

    internal async Task PrintAsync(string text)
    {
        Interlocked.Add(ref _unread, text.Length);
        await _pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(text));
    }

    internal void End() => _pipe.Writer.Complete(Failure);

    public async ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken cancellationToken)
    {
        ReadResult result = await _pipe.Reader.ReadAsync(cancellationToken);
        int count = (int)Math.Min(room.Length, result.Buffer.Length);
        int at = 0;
        foreach (ReadOnlyMemory<byte> part in result.Buffer.Slice(0, count))
        {
            part.Span.CopyTo(room.Span[at..]);
            at += part.Length;
        }

        _pipe.Reader.AdvanceTo(result.Buffer.GetPosition(count));
        Interlocked.Add(ref _unread, -count);
        return count;
    }
}
