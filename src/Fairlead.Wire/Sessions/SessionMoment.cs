namespace Fairlead.Wire.Sessions;

/// <summary>A server's run and a moment of it: both mean something to that server alone.</summary>
/// <param name="Server">128 random bits that the server drew when it started.</param>
/// <param name="Clock">Milliseconds by a clock of the server's own that never goes back.</param>
public readonly record struct SessionMoment(UInt128 Server, long Clock);
