using Fairlead.Containerd.Native;
using Fairlead.Containerd.Tasks;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Containerd.Tests;

/// <summary>The input of a command, before and after somebody reads it.</summary>
public sealed class InputFifoTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-fifo-");

    [Fact(Timeout = 30_000)]
    public async Task What_is_written_before_the_reader_comes_is_read_and_ends()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (InputFifo input, string path) = Create();
        using (input)
        {
            await input.WriteAsync(new byte[1000], cancellationToken);
            Task<byte[]> read = Task.Run(() => File.ReadAllBytes(path), cancellationToken);
            for (ReadOnlyMemory<byte> rest = new byte[1_000_000]; !rest.IsEmpty;) // more than a pipe holds: somebody reads
                rest = rest[await input.WriteAsync(rest, cancellationToken)..];
            input.End();

            Assert.Equal(1_001_000, (await read).Length);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task A_reader_that_has_gone_is_noticed()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (InputFifo input, string path) = Create();
        using (input)
        {
            SafePipeHandle reader = Fifo.OpenReader(path);
            await input.WriteAsync(new byte[100], cancellationToken);
            using (FileStream stream = new(path, FileMode.Open, FileAccess.Read)) Assert.Equal(50, stream.Read(new byte[50]));
            reader.Dispose();
            await Assert.ThrowsAsync<IOException>(async () =>
            {
                while (true) await input.WriteAsync(new byte[32 * 1024], cancellationToken);
            });
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task A_wait_for_room_that_is_given_up_has_written_nothing()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (InputFifo input, string path) = Create();
        using (input)
        {
            long written = 0;
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            for (byte next = 0; ; next++)
            {
                byte[] piece = new byte[5000]; // no part of what a pipe holds
                piece.AsSpan().Fill(next);
                ValueTask<int> write = input.WriteAsync(piece, stop.Token);
                if (write.IsCompleted)
                {
                    written += await write;
                    continue;
                }

                await stop.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await write);
                break;
            }

            using SafePipeHandle reader = Fifo.OpenReader(path);
            Assert.Equal(written, Fifo.Unread(reader));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await input.WriteAsync(new byte[1], stop.Token));
            Assert.Equal(written, Fifo.Unread(reader));
        }
    }

    (InputFifo Input, string Path) Create()
    {
        string path = Path.Combine(_folder.FullName, "stdin");
        Fifo.Create(path);
        SafePipeHandle keeper = Fifo.OpenReader(path);
        return (new InputFifo(Fifo.OpenWriter(path), keeper), path);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
