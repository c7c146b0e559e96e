using Fairlead.Wire;

namespace Fairlead.Lab.Manifests;

/// <summary>A manifest cannot be read or run. The message says where and why.</summary>
public sealed class ManifestException(string message, int line = 0, Exception? innerException = null)
    : FormatException(VisibleText.Line(line > 0 ? $"line {line}: {message}" : message), innerException)
{
    /// <summary>The line, from 1; 0 where none is to blame.</summary>
    public int Line { get; } = line;
}
