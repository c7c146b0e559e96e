using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fairlead.Yaml;

/// <summary>
/// The library's parser. It refuses a text by as many kinds of exceptions as it has parts; here each is one kind, with a line.
/// </summary>
sealed class GuardedParser(Parser parser) : IParser
{
    /// <inheritdoc/>
    public ParsingEvent? Current => parser.Current;

    /// <inheritdoc/>
    /// <exception cref="YamlFormatException">The text is not YAML.</exception>
    public bool MoveNext()
    {
        try
        {
            return parser.MoveNext();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            long line = e is YamlException { Start.Line: > 0 and var at } ? at : Math.Max(parser.Current?.Start.Line ?? 1, 1);
            throw new YamlFormatException(
                "this is not YAML: an indentation, a colon, a quote or a bracket is missing there, or too much", (int)line, e);
        }
    }
}
