using Fairlead.Cli.Usage;

namespace Fairlead.Cli.Copies;

/// <summary>One end of a copy on the command line: a local path, or <c>[NAMESPACE/]POD:PATH</c>.</summary>
/// <param name="Namespace">Null where none was named.</param>
/// <param name="Pod">Null for a local path.</param>
/// <param name="Path">The path.</param>
sealed record CopyPlace(string? Namespace, string? Pod, string Path)
{
    /// <summary>Reads one as kubectl does, but takes for local what begins like a path.</summary>
    /// <param name="text">The argument.</param>
    /// <param name="isWindows">Drives and shares are local too; null for this machine's own rule.</param>
    public static CopyPlace Parse(string text, bool? isWindows = null)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if ((isWindows ?? OperatingSystem.IsWindows()) && IsWindowsPath(text)) colon = -1;
        if (text is ['/', ..] or "." or ".." || text.StartsWith("./", StringComparison.Ordinal)
            || text.StartsWith("../", StringComparison.Ordinal)) colon = -1;
        if (text.Length == 0) throw new UsageException("filepath can not be empty: one of the two places is an empty text");
        if (text == "-" && !System.IO.Path.Exists(text))
            throw new UsageException(
                "\"-\" is no file here: cp copies files; for a stream use exec, as in: fairlead exec -i POD -- tee PATH");
        if (colon == 0) throw Malformed(text);
        if (colon < 0) return new CopyPlace(null, null, text);

        string[] names = text[..colon].Split('/');
        if (names.Length > 2 || names.Contains("")) throw Malformed(text);
        string path = text[(colon + 1)..];
        if (path.Length == 0) throw new UsageException($"filepath can not be empty: {text}");
        return new CopyPlace(names.Length == 2 ? names[0] : null, names[^1], path) { LocalHint = HintFor(text) };
    }

    /// <summary>
    /// <c>C:\x</c>, <c>C:x</c>, <c>C:</c>, <c>\\server\share</c>, <c>.\x</c>: no pod has a name of one capital letter, and a path of a pod
    /// has no backslash in front.
    /// </summary>
    static bool IsWindowsPath(string text) =>
        text is ['\\', ..] || text.StartsWith(@".\", StringComparison.Ordinal) || text.StartsWith(@"..\", StringComparison.Ordinal)
        || (text is [var drive, ':', ..] && char.IsAsciiLetter(drive)
            && (char.IsAsciiLetterUpper(drive) || text is [_, _, '\\' or '/', ..]));

    /// <summary>
    /// What to write where a file of this machine was meant, whose name reads like a pod's place; null where there is none of the name.
    /// </summary>
    public string? LocalHint { get; private init; }

    static string? HintFor(string text) =>
        File.Exists(text) || Directory.Exists(text) ? $"\"{text}\" is here too: write ./{text} for it." : null;

    static Exception Malformed(string text)
    {
        UsageException malformed = new($"filespec must match the canonical format: [[namespace/]pod:]file/path, not \"{text}\"");
        return HintFor(text) is { } hint ? new HintedException(malformed, hint) : malformed;
    }
}
