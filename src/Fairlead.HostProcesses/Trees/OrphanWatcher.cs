using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Fairlead.HostProcesses.Starting;

namespace Fairlead.HostProcesses.Trees;

/// <summary>
/// A process beside this one that kills what this one has started when it is gone without having ended it itself: killed, crashed, or
/// ended by a signal. It waits at the end of a pipe, which the kernel closes in each of these cases, and is a shell, because that is there
/// where this library is part of somebody else's program too.
/// </summary>
/// <remarks>
/// It kills what carries the runtime's marker in its environment, the commands that it was told of with what is in their sessions, and the
/// descendants of both; each by number and start time, compared just before the signal, so that no process is taken for another one.
/// What has emptied its environment and left its session, and whose parent has ended, is not found.
/// </remarks>
public sealed class OrphanWatcher : IAsyncDisposable
{
    const string Shell = "/bin/sh";

    /// <summary>As many starts may wait to be told; more are not, and those are then found by their marker alone.</summary>
    const int Waiting = 4096;

    readonly LocalProcess _shell;
    readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    readonly Task _telling;

    OrphanWatcher(LocalProcess shell)
    {
        _shell = shell;
        _telling = TellAsync();
    }

    /// <summary>Starts one; null where there is no shell, and what lives on then cannot be helped.</summary>
    /// <param name="name">What the markers of everything that is to be killed begin with, up to a dot.</param>
    /// <param name="path">Where its shell finds programs: a PATH.</param>
    public static OrphanWatcher? Start(string name, string path)
    {
        if (!File.Exists(Shell)) return null;
        return new(LocalProcess.Start(new ProcessStart
        {
            Command = [Shell, "-c", OrphanWatcherScript.Text, "fairlead-watcher", LocalProcess.MarkerVariable, name],
            Environment = new Dictionary<string, string> { ["PATH"] = path },
            WorkingDirectory = "/",
            Marker = "watcher",
            Stdin = true,
        }));
    }

    /// <summary>Its number.</summary>
    public int Id => _shell.Id;

    /// <summary>Tells it of a command, which is then found also when it has no marker.</summary>
    public void Add(LocalProcess leader) =>
        _lines.Writer.TryWrite(string.Create(CultureInfo.InvariantCulture, $"{leader.Id} {leader.StartTime}\n"));

    async Task TellAsync()
    {
        Stream input = _shell.Io.Input!;
        try
        {
            await foreach (string line in _lines.Reader.ReadAllAsync()) await input.WriteAsync(Encoding.ASCII.GetBytes(line));
            await input.WriteAsync("ended\n"u8.ToArray());
        }
        catch (IOException)
        {
            // somebody has ended it: there is nobody to be told
        }
        finally
        {
            await input.DisposeAsync();
        }
    }

    /// <summary>Nothing is left to be watched: it goes.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _telling;
        await _shell.DisposeAsync();
    }
}
