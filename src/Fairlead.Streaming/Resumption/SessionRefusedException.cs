using Fairlead.Wire;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption;

/// <summary>A server did not let a session be opened on a carrier, and said why.</summary>
public sealed class SessionRefusedException : IOException
{
    /// <summary>Creates it.</summary>
    /// <param name="code">Why.</param>
    /// <param name="text">What the server said of it; fit to show already.</param>
    public SessionRefusedException(SessionRefusal code, string text)
        : base(VisibleText.Line(string.IsNullOrEmpty(text) ? $"the server refused the session ({code})" : text)) => Code = code;

    /// <summary>Why.</summary>
    public SessionRefusal Code { get; }
}
