namespace Fairlead.Wire.Sessions;

/// <summary>What a server says first on every carrier.</summary>
/// <param name="Moment">Its run, and when it said this.</param>
/// <param name="Keep">How long it keeps a session that has no carrier; whole seconds.</param>
public sealed record SessionHello(SessionMoment Moment, TimeSpan Keep);
