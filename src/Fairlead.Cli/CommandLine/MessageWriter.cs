using Fairlead.Wire;

namespace Fairlead.Cli.CommandLine;

/// <summary>
/// Standard error for messages. Each is made fit to show, whatever it quotes, so that nobody who is quoted can act on the terminal or
/// begin a line of his own. Used by several at once.
/// </summary>
sealed class MessageWriter(TextWriter error)
{
    /// <summary>More than any message of ours; a line of JSON about a session fits whole.</summary>
    const int Longest = 64 * 1024;

    readonly Lock _lock = new();

    /// <summary>Writes one line, whatever is in it.</summary>
    public void WriteLine(string line)
    {
        lock (_lock) error.WriteLine(VisibleText.Line(line, Longest));
    }

    /// <summary>Writes a message that may have several lines: what it quotes was made fit before.</summary>
    public void WriteLines(string lines)
    {
        lock (_lock) error.WriteLine(VisibleText.Lines(lines, Longest));
    }

    /// <summary>Draws a line over the one that the terminal's cursor is on, cut to its width.</summary>
    public void Draw(string line, int columns)
    {
        string shown = VisibleText.Line(line, Longest);
        lock (_lock) error.Write("\r" + (shown.Length < columns ? shown : shown[..Math.Max(1, columns - 1)]) + "\e[K");
    }

    /// <summary>Takes a drawn line away.</summary>
    public void Erase()
    {
        lock (_lock) error.Write("\r\e[K");
    }
}
