namespace Fairlead.Files.Shells;

/// <summary>What a container has, as the script found it.</summary>
/// <param name="Hash">The command that computes SHA-256; null for none.</param>
/// <param name="Pieces">A dd that takes exactly what it is told from a pipe: the way to move pieces, and so to resume.</param>
/// <param name="Tar">There is a tar.</param>
/// <param name="Stats">A stat that prints what it is told.</param>
/// <param name="Sizes">Something tells sizes.</param>
/// <param name="Moves">mkdir, mv and rm are there: files can be staged and renamed.</param>
/// <param name="Plain">What moves a file as one stream: cat, head or dd; null for none.</param>
sealed record ShellTools(string? Hash, bool Pieces, bool Tar, bool Stats, bool Sizes, bool Moves, string? Plain)
{
    internal static ShellTools Parse(string text)
    {
        string[] found = text.Split('|');
        if (found.Length != 7) throw new CopyException("the shell in the container does not understand the script: it is no POSIX shell");
        return new ShellTools(OrNull(found[0]), found[1].Length > 0, found[2].Length > 0, found[3].Length > 0, found[4].Length > 0,
            found[5].Length > 0, OrNull(found[6]));
    }

    /// <summary>How bytes move, for people.</summary>
    internal string Method => Pieces ? Tar ? "tar and dd" : "dd" : Plain!;

    /// <summary>The line that tells another shell of the same container, so that it need not try them all.</summary>
    internal string Line =>
        $"K=1 H={ShellText.Quote(Hash ?? "")} D={Set(Pieces)} T={Set(Tar)} S={Set(Stats)} Z={Set(Sizes)} M={Set(Moves)} " +
        $"O={ShellText.Quote(Plain ?? "")}";

    static string Set(bool isThere) => isThere ? "1" : "";

    static string? OrNull(string text) => text.Length == 0 ? null : text;
}
