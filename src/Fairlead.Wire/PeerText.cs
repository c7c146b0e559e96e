using System.Text;

namespace Fairlead.Wire;

/// <summary>
/// Text that came from outside: from a server, a client, a container, a file. Where it is printed, logged or put into a message it shows
/// itself as one line that is fit to show (<see cref="VisibleText"/>), so that nobody has to think of it; what came comes out by
/// <see cref="Raw"/> alone.
/// </summary>
/// <param name="raw">The text as it came; null for none.</param>
public readonly struct PeerText(string? raw) : IEquatable<PeerText>
{
    /// <summary>The text as it came: for comparing and for passing on to programs, never for showing.</summary>
    public string Raw => raw ?? "";

    /// <summary>True where nothing came.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(raw);

    /// <summary>Any text may be taken for one that came from outside: what is fit to show stays as it is.</summary>
    /// <param name="raw">The text as it came; null for none.</param>
    public static implicit operator PeerText(string? raw) => new(raw);

    /// <summary>One line, fit to show.</summary>
    public override string ToString() => VisibleText.Line(raw);

    /// <summary>Several lines, fit to show: the text's line feeds and tabs are kept.</summary>
    public string ToLines() => VisibleText.Lines(raw);

    /// <summary>Without white space and line breaks around it, which programs print and nobody needs to see.</summary>
    public PeerText Trim() => new(raw?.Trim());

    /// <summary>The beginning of what came as bytes, as much as can be shown. What is no UTF-8 becomes replacement characters.</summary>
    /// <param name="utf8">The bytes.</param>
    public static PeerText FromUtf8(ReadOnlySpan<byte> utf8) => new(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, MostBytes)]));

    const int MostBytes = 4 * VisibleText.LongestLines;

    /// <summary>True for the same text as it came.</summary>
    public bool Equals(PeerText other) => Raw == other.Raw;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PeerText other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Raw.GetHashCode(StringComparison.Ordinal);

    /// <summary>As <see cref="Equals(PeerText)"/>.</summary>
    public static bool operator ==(PeerText left, PeerText right) => left.Equals(right);

    /// <summary>As <see cref="Equals(PeerText)"/>.</summary>
    public static bool operator !=(PeerText left, PeerText right) => !left.Equals(right);
}
