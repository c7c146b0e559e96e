using System.IO.Pipelines;
using System.Text;
using Fairlead.Containerd.Logs;
using Fairlead.Server;

namespace Fairlead.Containerd.Tests;

/// <summary>Log files in the CRI's form.</summary>
public sealed class LogTests
{
    const string Lines = """
        2026-01-02T03:04:05.000000001Z stdout F one
        2026-01-02T03:04:06.000000001Z stderr F two
        no line of a log
        2026-01-02T03:04:07.000000001Z stdout P thr
        2026-01-02T03:04:08.000000001Z stdout F ee
        2026-01-02T03:04:09.000000001Z stdout F 

        """;

    const string Unended = "2026-01-02T03:04:10.000000001Z stdout P tail\n";

    [Theory]
    [InlineData(null, "one\ntwo\nthree\n\ntail")]
    [InlineData(3L, "three\n\ntail")]
    [InlineData(1L, "tail")]
    [InlineData(0L, "")]
    [InlineData(99L, "one\ntwo\nthree\n\ntail")]
    public async Task Parts_are_put_together_and_the_last_lines_are_counted(long? tail, string expected) =>
        Assert.Equal(expected, await ReadAsync(Lines + Unended, new ContainerLogQuery { TailLines = tail }));

    [Fact]
    public async Task A_line_has_one_time_and_a_limit_cuts_it()
    {
        Assert.Equal(
            "2026-01-02T03:04:07.000000001Z three\n2026-01-02T03:04:09.000000001Z \n",
            await ReadAsync(Lines, new ContainerLogQuery { Timestamps = true, Since = new DateTimeOffset(2026, 1, 2, 3, 4, 7, TimeSpan.Zero) }));
        Assert.Equal("one\nt", await ReadAsync(Lines, new ContainerLogQuery { LimitBytes = 5 }));
    }

    [Fact]
    public async Task A_container_without_a_file_has_printed_nothing() =>
        Assert.Equal("", await ReadAsync(null, new ContainerLogQuery()));

    [Fact]
    public async Task What_is_added_and_what_comes_after_a_rotation_is_followed()
    {
        using TemporaryFile file = new(Lines);
        string rest = "2026-01-02T03:05:00.000000001Z stdout F added\n", rotated = "2026-01-02T03:06:00.000000001Z stdout F rotated\n";
        int asked = 0;
        Assert.Equal("one\ntwo\nthree\n\nadded\nrotated\n", await ReadAsync(file.Path, new ContainerLogQuery { Follow = true }, () =>
        {
            asked++;
            if (asked == 1) File.AppendAllText(file.Path, rest);
            if (asked == 2)
            {
                File.Move(file.Path, file.Path + ".1");
                File.WriteAllText(file.Path, rotated);
            }

            return asked < 3;
        }));
    }

    static async Task<string> ReadAsync(string? text, ContainerLogQuery query)
    {
        using TemporaryFile file = new(text);
        return await ReadAsync(file.Path, query, static () => false);
    }

    static async Task<string> ReadAsync(string path, ContainerLogQuery query, Func<bool> isRunning)
    {
        using MemoryStream written = new();
        PipeWriter output = PipeWriter.Create(written);
        await new ContainerLogWriter(path, query, output, TimeSpan.FromMilliseconds(1), TimeProvider.System)
            .WriteAsync(_ => Task.FromResult(isRunning()), TestContext.Current.CancellationToken);
        await output.CompleteAsync();
        return Encoding.UTF8.GetString(written.ToArray());
    }

    sealed class TemporaryFile : IDisposable
    {
        readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-log-");

        public TemporaryFile(string? text)
        {
            if (text is not null) File.WriteAllText(Path, text);
        }

        public string Path => System.IO.Path.Combine(_folder.FullName, "0.log");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
