using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>Where a copy goes in a container, and where it is until it was verified.</summary>
/// <param name="Base">The folder that holds both.</param>
/// <param name="Stage">The folder for what is not verified; empty where nothing can be renamed, and the file is written in its
/// place.</param>
/// <param name="Final">The name that the root gets; empty where the base itself is filled.</param>
sealed record PodDestination(string Base, string Stage, string Final)
{
    /// <summary>What this copy writes into the stage: another copy to the same place takes it over by writing its own.</summary>
    string Owner { get; } = RandomNumberGenerator.GetHexString(12, lowercase: true);

    /// <summary>The line that enters the stage.</summary>
    /// <param name="again">This copy was in it before: it does not take it from another one that came meanwhile.</param>
    internal string Enter(bool again) => $"stage {Where}{(again ? " again" : "")}";

    /// <summary>The line that says whether the stage is still there, or all was moved from it to <paramref name="moved"/>.</summary>
    internal string Staged(string moved) => $"staged {Where} {moved}";

    /// <summary>The line that removes the stage.</summary>
    internal string Leave => $"leave {Where}";

    string Where => $"{ShellText.QuotePath(Base)} {Stage} {Owner}";

    /// <summary>The folder in which the shell works; empty for its first one.</summary>
    internal string Folder => Stage.Length > 0 ? $"{Base}/{Stage}" : "";

    /// <summary>What is copied, as the shell names it.</summary>
    internal string Root => Stage.Length > 0 ? "./r" : $"{Base}/{Final}";

    internal string Quoted(TreeEntry entry) => ShellText.QuotePath(entry.Path.Length == 0 ? Root : $"{Root}/{entry.Path}");

    /// <summary>The line that sets permissions and time of a file that is written.</summary>
    internal string Attributes(TreeEntry file, CopyOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"mode {Convert.ToString(Stage.Length > 0 ? EntryModes.Staged(file, options) : EntryModes.Of(file, options), 8)} {Quoted(file)} " +
        $"{(options.Preserve ? file.Modified : null)}");

    /// <summary>Where an entry belongs, seen from the stage.</summary>
    internal string Place(string entry) => (Final, entry) switch
    {
        ("", "") => "..",
        ("", _) => "../" + entry,
        (_, "") => "../" + Final,
        _ => $"../{Final}/{entry}",
    };

    /// <summary>Asks for what lies where the copy may go.</summary>
    internal static async ValueTask AskAsync(RemoteShell shell, string path, string leaf, CancellationToken cancellationToken)
    {
        string[] names = Candidates(path, leaf);
        for (int i = 0; i < names.Length; i++)
        {
            // the user has named the path, and may mean a link by it, but not what is in it
            string follows = i == 1 && leaf.Length > 0 ? " l" : "";
            await shell.SendAsync($"kind {ShellText.QuotePath(names[i])}{follows}", cancellationToken);
        }
    }

    /// <summary>The path, what it would be in a folder of that name, and the folder that it is in.</summary>
    static string[] Candidates(string path, string leaf)
    {
        string trimmed = path.Length > 1 ? path.TrimEnd('/') : path;
        return [path, leaf.Length > 0 ? $"{(trimmed == "/" ? "" : trimmed)}/{leaf}" : trimmed, FolderOf(trimmed)];
    }

    static string FolderOf(string path) => path.LastIndexOf('/') switch
    {
        < 0 => ".",
        0 => "/",
        var slash => path[..slash],
    };

    /// <summary>Reads the answers to that.</summary>
    internal static async ValueTask<string[]> ReadKindsAsync(
        RemoteShell shell, string path, string leaf, CancellationToken cancellationToken)
    {
        string[] kinds = Candidates(path, leaf);
        for (int i = 0; i < kinds.Length; i++) kinds[i] = Encoding.ASCII.GetString(await shell.ReadTextAsync(cancellationToken)).Trim();
        return kinds;
    }

    internal static PodDestination Of(string[] kinds, string path, string leaf, TreeEntry root, string source, ShellTools tools)
    {
        string[] names = Candidates(path, leaf);
        string kind = kinds[0], final = path.Length > 1 ? path.TrimEnd('/') : path;
        if (kind == "d" && leaf.Length > 0) (final, kind) = (names[1], kinds[1]);
        else if (kind != "d" && path.EndsWith('/') && root.Kind == EntryKind.File)
            throw new CopyException($"{path}: no such directory in the container");

        if (kind == "p") throw new CopyException($"{final}: Permission denied in the container");
        if (kind == "l" && root.Kind == EntryKind.Folder)
            throw new CopyException($"{final} is a symbolic link in the container, which is not followed");
        if (kind == "d" && root.Kind == EntryKind.File) throw new CopyException($"{final} is a directory in the container");
        if (kind == "o")
            throw new CopyException($"{final} is a device, a pipe or a socket in the container, and would be replaced by a file");
        if (kind == "f" && root.Kind == EntryKind.Folder) throw new CopyException($"{final} is not a directory in the container");
        if (kind != "d" && kinds[0] != "d" && kinds[2] != "d")
            throw new CopyException($"{FolderOf(final)}: no such directory in the container");
        (string folder, string name) = kind == "d" ? (final, "") : (FolderOf(final), final[(final.LastIndexOf('/') + 1)..]);
        if (!tools.Moves && root.Kind == EntryKind.Folder)
            throw new CopyException("a directory needs mkdir, mv and rm in the container, and one of them is missing");
        return new PodDestination(folder, tools.Moves ? StageName(source, final, tools) : "", name);
    }

    static string StageName(string source, string final, ShellTools tools) => ".fairlead-" + (tools.Pieces
        ? Convert.ToHexStringLower(SHA256.HashData(NameBytes.Encode($"{source}\0{final}")).AsSpan(0, 6))
        : RandomNumberGenerator.GetHexString(12, lowercase: true)); // without pieces nothing is gone on with
}
