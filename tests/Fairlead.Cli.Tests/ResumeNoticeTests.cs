using System.Text;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Sessions;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Cli.Tests;

/// <summary>A person is told of a connection that is lost for longer, and the remote program's screen is left as it was.</summary>
public sealed class ResumeNoticeTests : IDisposable
{
    const string Below = "\e7\e[B\r", Bottom = "\e7\e[999;1H", Free = "\eD\e[A", Line = "\e[0m\e[2Kfairlead: connection lost, trying again (19 s), Ctrl-C to give up\e8", Blank = "\e[0m\e[2K\e8";

    readonly FakeTimeProvider _time = new();
    readonly MemoryStream _terminal = new();
    readonly StringWriter _error = new();
    readonly BlockingWriter _writer;
    readonly ScreenNotice _screen;
    readonly ResumeNotice _notice;
    int _redrawn;

    public ResumeNoticeTests()
    {
        _writer = new BlockingWriter("terminal", _terminal);
        _screen = new ScreenNotice(_terminal, static () => 80);
        _notice = new ResumeNotice(new MessageWriter(_error), _time) { Screen = _screen, Redraw = () => _redrawn++ };
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _error.Dispose();
    }

    string Terminal => Encoding.UTF8.GetString(_terminal.ToArray());

    Task OutputAsync(string text) => _screen.WriteAsync(Encoding.UTF8.GetBytes(text), _writer).AsTask().WaitAsync(TestContext.Current.CancellationToken);

    void Lose() => _notice.Tell(new ResumeEvent(ResumeEventKind.Lost, "reset", TimeSpan.FromSeconds(20)));

    void Resume()
    {
        _notice.Tell(new ResumeEvent(ResumeEventKind.Resumed, "", default));
        _time.Advance(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_loss_that_is_over_soon_is_not_told()
    {
        await OutputAsync("$ ");
        Lose();
        _time.Advance(TimeSpan.FromMilliseconds(900));
        Assert.False(_notice.IsLost); // so Ctrl-C is the remote program's yet
        Resume();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(("$ ", 0), (Terminal, _redrawn));
    }

    [Fact]
    public async Task A_line_stands_below_the_cursor_until_the_session_goes_on()
    {
        await OutputAsync("$ ");
        Lose();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_notice.IsLost);
        Assert.Equal("$ " + Free + Below + Line, Terminal);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.EndsWith(Line + Below + Line.Replace("19", "18", StringComparison.Ordinal), Terminal); // in its place
        Resume();
        Assert.EndsWith(Below + Blank, Terminal);
        Assert.False(_notice.IsLost);
        Assert.Equal(1, _redrawn);
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public async Task A_full_screen_program_has_its_last_line_covered_and_is_asked_to_draw_it_anew()
    {
        await OutputAsync("\e[?1049h\e[Hvim");
        Lose();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.EndsWith("vim" + Bottom + Line, Terminal);
        Resume();
        Assert.EndsWith(Bottom + Blank, Terminal);
        Assert.Equal(1, _redrawn);
    }

    [Fact]
    public async Task Output_that_comes_takes_the_line_away_before_it_is_written()
    {
        await OutputAsync("$ ");
        Lose();
        _time.Advance(TimeSpan.FromSeconds(1));
        await OutputAsync("more");
        Assert.EndsWith(Line + Below + Blank + "more", Terminal);
        Resume();
        Assert.EndsWith("more", Terminal);
        Assert.Equal(1, _redrawn);
    }

    [Fact]
    public async Task Nothing_is_drawn_within_a_control_sequence()
    {
        await OutputAsync("\e[3");
        Lose();
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("\e[3", Terminal);
        Assert.True(_notice.IsLost);
        await OutputAsync("1m");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("\e[31m" + Free, Terminal);
    }

    [Fact]
    public async Task The_end_takes_the_line_away()
    {
        await OutputAsync("$ ");
        Lose();
        _time.Advance(TimeSpan.FromSeconds(1));
        _notice.End();
        Assert.EndsWith(Below + Blank, Terminal);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.EndsWith(Below + Blank, Terminal);
    }

    [Fact]
    public void Without_a_screen_it_is_told_once_in_a_line_and_so_is_its_end()
    {
        _notice.Screen = null;
        Lose();
        _time.Advance(TimeSpan.FromSeconds(1));
        Lose();
        _time.Advance(TimeSpan.FromSeconds(3));
        Resume();
        Assert.Equal(
            ["fairlead: connection lost, trying again (19 s), Ctrl-C to give up", "fairlead: connected again", ""],
            _error.ToString().Split(Environment.NewLine));
    }
}
