using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead;

/// <summary>One forwarded connection was refused, or ended before its end. The session that it belongs to goes on.</summary>
public sealed class ForwardResetException : FairleadException
{
    /// <summary>Creates it.</summary>
    /// <param name="fault">Why; forms that carry only text say <see cref="ForwardFault.Unspecified"/>.</param>
    /// <param name="message">What the peer said, or this side's own words.</param>
    /// <param name="innerException">The error behind it, if any.</param>
    public ForwardResetException(ForwardFault fault, string message, Exception? innerException = null)
        : base(message.Length == 0 ? $"The connection was reset ({fault})." : message, innerException) => Fault = fault;

    /// <summary>Why the connection was refused or reset.</summary>
    public ForwardFault Fault { get; }

    /// <summary>Reads a REFUSED or RESET of <c>portforward.fairlead.v1</c>, without its type byte. Null for one without a code.</summary>
    internal static ForwardResetException? Read(ReadOnlySpan<byte> body, WithheldWords withheld) =>
        DirectMessage.TryDecodeFault(body, out ForwardFault fault, out PeerText text)
            ? new ForwardResetException(fault, new PeerText(withheld.Blank(text.Raw)).ToString())
            : null;
}
