using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Yaml;

namespace Fairlead.Node.Installation;

/// <summary>
/// The one line of a kubelet's configuration that has to change: where it listens. Everything else of the file stays as it is, comments
/// and blanks included.
/// </summary>
static partial class AddressLine
{
    /// <summary>Where a kubelet listens that has a front.</summary>
    public const string Loopback = "127.0.0.1";

    const string Line = "address: " + Loopback;

    /// <summary>Makes the kubelet listen on loopback alone.</summary>
    /// <param name="text">The configuration.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <returns>The text with the line set; the same where it says so already.</returns>
    /// <exception cref="InvalidDataException">It cannot be done by one line, because the file is JSON for instance.</exception>
    public static string Set(string text, string file)
    {
        JsonObject before = Parse(text, file);
        if (AddressOf(before) == Loopback) return text;

        string end = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        string changed = Present().IsMatch(text)
            ? Present().Replace(text, Line, 1)
            : Opening().Match(text) is { Success: true, Length: var length } ? text[..length] + Line + end + text[length..]
            : Line + end + text;
        JsonObject after = Parse(changed, file);
        bool took = AddressOf(after) == Loopback;
        before.Remove("address");
        after.Remove("address");
        return took && JsonNode.DeepEquals(before, after)
            ? changed
            : throw new InvalidDataException($"{file}: its address cannot be set by one line: set address to {Loopback} there yourself");
    }

    /// <summary>Puts back what <see cref="Set"/> replaced, in a file that has been changed since.</summary>
    /// <param name="text">The configuration as it is now.</param>
    /// <param name="before">The configuration as it was before <see cref="Set"/>.</param>
    /// <returns>The text; the same where the line is not there any more.</returns>
    public static string Restore(string text, string before)
    {
        Match former = Present().Match(before);
        return former.Success
            ? Own().Replace(text, former.Value + "$1", 1)
            : Own().Replace(text, "", 1);
    }

    /// <summary>The configuration as it may have been before <see cref="Set"/>, where nobody knows any more.</summary>
    public static byte[] Without(byte[] text) => Encoding.UTF8.GetBytes(Own().Replace(Encoding.UTF8.GetString(text), "", 1));

    static string? AddressOf(JsonObject settings) => settings["address"]?.ToString();

    static JsonObject Parse(string text, string file)
    {
        try
        {
            return (new YamlReader(new StringReader(text)).Read() ?? YamlDocument.Empty).ToObject().Node;
        }
        catch (YamlFormatException e)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>What may stand before the first member: comments, blank lines, the document's beginning.</summary>
    [GeneratedRegex(@"\A(?:[ \t]*(?:#[^\n]*)?\n)*---[ \t]*(?:#[^\n]*)?\r?\n")] private static partial Regex Opening();

    [GeneratedRegex(@"^address:[^\r\n]*", RegexOptions.Multiline)] private static partial Regex Present();

    [GeneratedRegex(@"^address: 127\.0\.0\.1(\r?\n|\z)", RegexOptions.Multiline)] private static partial Regex Own();
}
