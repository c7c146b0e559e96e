namespace Fairlead.Cli.Sessions;

/// <summary>
/// Tells a person that the connection is lost, in one line at the bottom of the terminal, and takes the line away when the session goes on.
/// </summary>
/// <param name="error">Where to.</param>
/// <param name="isRaw">The terminal is the remote program's: the cursor stays where it is.</param>
sealed class ResumeNotice(TextWriter error, bool isRaw)
{
    const string SaveCursor = "\e7", RestoreCursor = "\e8", LastLine = "\e[999;1H", ClearLine = "\e[2K";

    bool _isShown;

    public void Tell(ResumeEvent happened)
    {
        if (happened.Kind is ResumeEventKind.Resumed)
        {
            if (_isShown && isRaw) error.Write(SaveCursor + LastLine + ClearLine + RestoreCursor);
            else if (_isShown) error.WriteLine("fairlead: connected again");
            _isShown = false;
            return;
        }

        if (_isShown && !isRaw) return; // once for each loss
        _isShown = true;
        string line = $"fairlead: connection lost, trying again for {happened.Left.TotalSeconds:0} s";
        if (isRaw) error.Write(SaveCursor + LastLine + ClearLine + line + RestoreCursor);
        else error.WriteLine(line + ", Ctrl-C to give up");
    }
}
