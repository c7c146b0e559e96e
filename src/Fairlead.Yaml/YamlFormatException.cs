using Fairlead.Wire;

namespace Fairlead.Yaml;

/// <summary>
/// A text is not YAML, or holds something else in a place than belongs there. The message says where and what, and quotes nothing of the
/// text: where a bracket is missing, a token may stand in any place. The parser's own words, which may quote it, are the inner exception's.
/// </summary>
/// <param name="message">What is wrong.</param>
/// <param name="line">Where.</param>
/// <param name="innerException">The parser's words.</param>
public sealed class YamlFormatException(string message, int line, Exception? innerException = null)
    : FormatException(VisibleText.Line($"line {line}: {message}"), innerException)
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;
}
