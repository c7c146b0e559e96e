namespace Fairlead.Wire.Spdy;

/// <summary>One header of a stream. Its bytes are read as Latin-1, so that any byte survives.</summary>
/// <param name="Name">In lower case on the wire.</param>
/// <param name="Value">Several values are joined by NUL characters.</param>
public readonly record struct SpdyHeader(string Name, string Value);
