namespace Fairlead.Wire.Sessions;

/// <summary>That a carrier is a session's from here on.</summary>
/// <param name="IsResumed">The session was there before; otherwise this opening has started it.</param>
/// <param name="Received">What the server has received of each channel that the client writes.</param>
public sealed record SessionAnswer(bool IsResumed, IReadOnlyList<ChannelTotal> Received);
