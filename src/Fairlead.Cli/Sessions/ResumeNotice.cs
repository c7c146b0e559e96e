using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// Knows whether the connection is lost, and tells a person so: in one line at the bottom of a terminal that is the remote program's, which
/// goes away again when the session goes on, or in a line as every other.
/// </summary>
/// <param name="error">Where to; null where nobody is to be told.</param>
/// <param name="isRaw">The terminal is the remote program's.</param>
sealed class ResumeNotice(MessageWriter? error, bool isRaw)
{
    volatile bool _isLost;

    /// <summary>There is no connection at present.</summary>
    public bool IsLost => _isLost;

    public void Tell(ResumeEvent happened)
    {
        bool wasLost = _isLost;
        _isLost = happened.Kind is ResumeEventKind.Lost;
        string line = $"fairlead: connection lost, trying again ({happened.Left.TotalSeconds:0} s), Ctrl-C to give up";
        if (isRaw) error?.DrawAtBottom(_isLost ? line : "");
        else if (_isLost != wasLost) error?.WriteLine(_isLost ? line : "fairlead: connected again");
    }
}
