namespace Fairlead.Wire.Sessions;

/// <summary>How far one direction of a channel has come.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Total">Bytes since the session began, and one more where the channel's end is behind them.</param>
public readonly record struct ChannelTotal(byte Channel, long Total);
