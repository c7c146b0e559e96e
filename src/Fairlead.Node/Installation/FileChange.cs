using System.Text;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>A file of the machine that an installation makes or changes.</summary>
public sealed record FileChange
{
    /// <summary>The path as the machine sees it.</summary>
    public required string Path { get; init; }

    /// <summary>What the file holds before; null where there is none.</summary>
    public required byte[]? Before { get; init; }

    /// <summary>What it holds afterwards.</summary>
    public required byte[] After { get; init; }

    /// <summary>Why, in half a sentence, for people.</summary>
    public required string Why { get; init; }

    /// <summary>
    /// What it held before there was any installation, as far as can be told by its own: not what a former installation wrote.
    /// </summary>
    internal byte[]? Former { get; init; }

    /// <summary>It stands there as it should.</summary>
    internal bool IsDone => Before is not null && Before.AsSpan().SequenceEqual(After);

    /// <summary>Looks at the file.</summary>
    internal static FileChange Of(HostRoot root, string path, string text, string why) => new()
    {
        Path = path,
        Before = root.ReadBytes(path),
        After = Encoding.UTF8.GetBytes(text),
        Why = why,
    };

    /// <summary>The lines that go (<c>-</c>) and come (<c>+</c>), with a line of context's number before them.</summary>
    public IEnumerable<string> Difference()
    {
        string[] before = Lines(Before ?? []), after = Lines(After);
        int same = 0, tail = 0;
        while (same < Math.Min(before.Length, after.Length) && before[same] == after[same]) same++;
        while (tail < Math.Min(before.Length, after.Length) - same && before[^(tail + 1)] == after[^(tail + 1)]) tail++;
        yield return Before is null ? $"new file, {after.Length} lines" : $"line {same + 1}";
        foreach (string line in before[same..^tail]) yield return "- " + line;
        foreach (string line in after[same..^tail]) yield return "+ " + line;
    }

    static string[] Lines(byte[] text) =>
        text.Length == 0 ? [] : Encoding.UTF8.GetString(text).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
