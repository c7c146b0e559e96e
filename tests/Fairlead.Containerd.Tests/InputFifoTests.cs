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
            await input.WriteAsync(new byte[1_000_000], cancellationToken); // more than a pipe holds: somebody reads
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

    (InputFifo Input, string Path) Create()
    {
        string path = Path.Combine(_folder.FullName, "stdin");
        Fifo.Create(path);
        SafePipeHandle keeper = Fifo.OpenReader(path);
        return (new InputFifo(Fifo.OpenWriter(path), keeper), path);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
