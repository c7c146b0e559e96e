using System.Globalization;
using System.Text;
using Fairlead.Wire;

namespace Fairlead.Cli.Logging;

/// <summary>A line for people: when, how much it matters, who says it, what, and why. Stacks are lines of their own, indented.</summary>
/// <param name="isRaw">Whether lines go to a terminal that is raw at the moment: it needs a carriage return too.</param>
sealed class TextLines(Func<bool> isRaw) : ILogFormat
{
    /// <inheritdoc/>
    public byte[] Write(in LogEntry entry)
    {
        StringBuilder line = new();
        string lineEnd = isRaw() ? "\r\n" : "\n";
        line.Append(CultureInfo.InvariantCulture,
            $"{entry.Time:yyyy-MM-ddTHH:mm:ss.fffZ} {LogLevels.NameOf(entry.Level)} {entry.Category}: ");
        line.Append(VisibleText.Line(entry.Message));
        string mark = ": ";
        foreach (LoggedFailure failure in entry.Failure)
        {
            line.Append(mark).Append(failure.Kind).Append(": ").Append(VisibleText.Line(failure.Message));
            mark = "; by ";
        }

        line.Append(lineEnd);
        foreach (LoggedFailure failure in entry.Failure)
        {
            if (failure.Stack is null) continue;
            line.Append("    ").Append(failure.Kind).Append(lineEnd);
            foreach (string place in failure.Stack.Split('\n'))
                line.Append("      ").Append(VisibleText.Line(place.Trim())).Append(lineEnd);
        }

        return Encoding.UTF8.GetBytes(line.ToString());
    }
}
