using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Yaml;

namespace Fairlead.Node.Installation;

/// <summary>
/// The one line of a kubelet's configuration that an installation changes. Everything else of the file stays as it is, comments and
/// blanks included.
/// </summary>
/// <param name="member">The configuration's member, of the first order.</param>
/// <param name="value">What it is set to: a plain scalar of YAML.</param>
sealed partial class KubeletLine(string member, string value)
{
    readonly Regex _present = new($"^{member}:[^\r\n]*", RegexOptions.Multiline);

    /// <summary>Somebody may have put quotes around it, or a remark behind it, since.</summary>
    readonly Regex _own = new(
        $"^{member}:[ \t]*([\"']?){Regex.Escape(value)}\\1[ \t]*(?:#[^\r\n]*)?(\r?\n|\\z)", RegexOptions.Multiline);

    public string Member => member;

    public string Value => value;

    /// <summary>A whole file of a kubelet's that says nothing else.</summary>
    public string DropIn => $"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{Line(value)}\n";

    /// <summary>Sets it.</summary>
    /// <param name="text">The configuration.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <returns>The text with the line set; the same where it says so already.</returns>
    /// <exception cref="InvalidDataException">It cannot be done by one line, because the file is JSON for instance.</exception>
    public string Set(string text, string file)
    {
        JsonObject before = Parse(text, file);
        if (ValueOf(before) == value) return text;

        string end = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n", line = Line(value);
        string changed = _present.IsMatch(text)
            ? _present.Replace(text, _ => line, 1)
            : Opening().Match(text) is { Success: true, Length: var length } ? text[..length] + line + end + text[length..]
            : line + end + text;
        JsonObject after = Parse(changed, file);
        bool took = ValueOf(after) == value;
        before.Remove(member);
        after.Remove(member);
        return took && JsonNode.DeepEquals(before, after)
            ? changed
            : throw new InvalidDataException($"{file}: {member} cannot be set by one line: set {member} to {value} there yourself");
    }

    /// <summary>Puts back what <see cref="Set"/> replaced, in a file that has been changed since.</summary>
    /// <param name="text">The configuration as it is now.</param>
    /// <param name="before">The configuration as it was before <see cref="Set"/>.</param>
    /// <returns>The text; the same where the line is not there any more.</returns>
    public string Restore(string text, string before)
    {
        Match former = _present.Match(before);
        return _own.Replace(text, own => former.Success ? former.Value + own.Groups[2].Value : "", 1);
    }

    /// <summary>The configuration with another value in the line's place, or without it.</summary>
    /// <param name="text">The configuration.</param>
    /// <param name="other">The value; null for none.</param>
    /// <returns>The text; the same where it does not have the line.</returns>
    public byte[] Otherwise(byte[] text, string? other) => Encoding.UTF8.GetBytes(_own.Replace(
        Encoding.UTF8.GetString(text), own => other is null ? "" : Line(other) + own.Groups[2].Value, 1));

    string Line(string to) => $"{member}: {to}";

    string? ValueOf(JsonObject settings) => settings[member]?.ToString();

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
}
