using System.Text;
using Fairlead.Files.Shells;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>The shell of a copy, a line at a time.</summary>
public sealed class RemoteShellTests
{
    [Fact(Timeout = 60_000)]
    public async Task Answers_that_arrive_together_are_read_one_by_one()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using CopyLab lab = await CopyLab.StartAsync(cancellationToken);
        await using RemoteShell shell = await ShellSource.Of(lab.Client, new PodReference("demo", "default", "full"), "/", new CopyOptions()).OpenAsync(cancellationToken);

        // the first two are kept in a file, ends and all, which the third one prints at once
        string held = lab.There + "/held";
        await shell.SendAsync($"exec 3>&1 1>{held}; printf one", cancellationToken);
        await shell.SendAsync("printf two; (exit 4)", cancellationToken);
        await shell.SendAsync($"cat {held} >&3; exec 1>&3", cancellationToken);

        Assert.Equal((0, "one"), await ReadAsync());
        Assert.Equal((4, "two"), await ReadAsync());
        Assert.Equal((0, ""), await ReadAsync());

        async Task<(int, string)> ReadAsync()
        {
            byte[] text = await shell.ReadTextAsync(cancellationToken);
            return (shell.Ending.Status, Encoding.UTF8.GetString(text));
        }
    }
}
