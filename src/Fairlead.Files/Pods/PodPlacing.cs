using System.Globalization;
using Fairlead.Files.Runs;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>
/// Renames what was verified to where it belongs, and sets owners and permissions last. All of it may be done again after a lost
/// connection.
/// </summary>
sealed class PodPlacing(RemoteShell shell, PodDestination destination, CopyOptions options)
{
    /// <param name="tree">What was verified.</param>
    /// <param name="last">A line to run when all is in its place; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False where the stage is gone: nothing was done.</returns>
    internal async ValueTask<bool> PlaceAsync(CopyTree tree, string? last, CancellationToken cancellationToken)
    {
        if (tree.Links.Count > 0 && !await MakeLinksAsync(tree, cancellationToken)) return false;
        if (Moved.Length == 0 && tree.Root.Kind == EntryKind.Folder && !await RefuseClashesAsync(tree, cancellationToken)) return false;
        return (await shell.DoAllAsync(last is null ? Lines(tree) : Lines(tree).Append(last), cancellationToken))[0] != "gone";
    }

    /// <summary>The place of the whole, as the shell names it; empty where a folder that is there is filled.</summary>
    string Moved => destination.Final.Length > 0 ? Q(destination.Place("")) : "";

    /// <summary>Makes the links in the stage. One that cannot be made is refused by name.</summary>
    async ValueTask<bool> MakeLinksAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        TreeEntry[] links = [.. tree.Links];
        IEnumerable<string> lines = ShellText.Groups(links.Select(LineOf), static line => line)
            .Select(static group => string.Join(';', group));
        IReadOnlyList<string> said = await shell.DoAllAsync(lines.Prepend(destination.Staged(Moved)), cancellationToken);
        if (said[0] == "gone") return false;
        foreach (string line in said.Skip(1).SelectMany(static text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (line.Split(' ', 2) is [var number, var reason]
                && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int at) && at < links.Length)
                tree.Refuse(links[at], $"this link cannot be made there: {new ShellEnding(1, reason).Reason}");
        }

        return true;
    }

    string LineOf(TreeEntry link, int number) => string.Create(
        CultureInfo.InvariantCulture, $"link {number} {ShellText.Quote(link.Target!)} {destination.Quoted(link)}");

    /// <summary>What the destination has something else for is refused by name, a folder with all that is in it.</summary>
    async ValueTask<bool> RefuseClashesAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        if (await shell.DoAsync(destination.Staged(Moved), cancellationToken) == "gone") return false;
        foreach (TreeEntry folder in await ClashingAsync("d", [.. tree.Folders.Skip(1)], cancellationToken))
            tree.RefuseWhole(folder, CopyTree.NoFolderThere);
        foreach (TreeEntry entry in await ClashingAsync("f", [.. tree.Files, .. tree.Links], cancellationToken))
            tree.RefuseWhole(entry, CopyTree.FolderThere);
        return true;
    }

    ValueTask<HashSet<TreeEntry>> ClashingAsync(string kind, TreeEntry[] entries, CancellationToken cancellationToken) =>
        PodListing.SelectAsync(shell, $"clash {kind}", entries, entry => Q(destination.Place(entry.Path)), cancellationToken);

    IEnumerable<string> Lines(CopyTree tree)
    {
        yield return destination.Staged(Moved);
        string size = tree.Root.Kind == EntryKind.File ? string.Create(CultureInfo.InvariantCulture, $" {tree.Root.Size}") : "";
        foreach (string line in Moved.Length > 0 ? [$"place {Moved}{size}"] : Merge(tree)) yield return line;
        foreach (string line in options.Owners ? SetOwners(tree) : []) yield return line;
        foreach (IGrouping<int, TreeEntry> mode in tree.Files.Where(IsModeMissing).GroupBy(Mode))
            foreach (string line in SetMode(mode.Key, mode)) yield return line;
        foreach (string line in options.Preserve ? SetFolderTimes(tree) : []) yield return line;
        foreach (string line in SetFolderModes(tree)) yield return line;
    }

    int Mode(TreeEntry entry) => EntryModes.Of(entry, options);

    /// <summary>The file was staged with other permissions, or setting its owner has removed special bits.</summary>
    bool IsModeMissing(TreeEntry file) => Mode(file) != EntryModes.Staged(file, options) || (options.Owners && (Mode(file) & 0xE00) != 0);

    /// <summary>Deepest first: nobody but root changes anything below a folder that may not be entered.</summary>
    IEnumerable<string> SetFolderModes(CopyTree tree)
    {
        List<TreeEntry> run = [];
        foreach (TreeEntry folder in OwnFolders(tree).Reverse())
        {
            if (run.Count > 0 && Mode(run[0]) != Mode(folder))
            {
                foreach (string line in SetMode(Mode(run[0]), run)) yield return line;
                run.Clear();
            }

            run.Add(folder);
        }

        if (run.Count == 0) yield break;
        foreach (string line in SetMode(Mode(run[0]), run)) yield return line;
    }

    IEnumerable<string> SetMode(int mode, IEnumerable<TreeEntry> entries) =>
        Places(entries).Select(places => $"if has chmod;then chmod {Convert.ToString(mode, 8)} {places};fi");

    IEnumerable<TreeEntry> OwnFolders(CopyTree tree) => tree.Folders.Where(IsOwn);

    /// <summary>Not the destination that was there before.</summary>
    bool IsOwn(TreeEntry entry) => entry.Path.Length > 0 || destination.Final.Length > 0;

    IEnumerable<string> Merge(CopyTree tree)
    {
        foreach (TreeEntry[] folders in ShellText.Groups(tree.Folders.Skip(1), folder => "&&enter " + Q(destination.Place(folder.Path))))
            yield return string.Join("&&", folders.Select(folder => $"enter {Q(destination.Place(folder.Path))}"));

        foreach (IGrouping<string, TreeEntry> folder in tree.Files.Concat(tree.Links).GroupBy(static entry => entry.Parent ?? ""))
        {
            string place = Q(destination.Place(folder.Key) + "/");
            foreach (TreeEntry[] group in ShellText.Groups(folder, destination.Quoted))
                yield return $"move {place} {string.Join(' ', group.Select(destination.Quoted))}";
        }
    }

    /// <summary>Behind all files: each that comes into a folder changes its time.</summary>
    IEnumerable<string> SetFolderTimes(CopyTree tree)
    {
        foreach (IGrouping<long, TreeEntry> time in OwnFolders(tree).Where(static folder => folder.Modified is not null)
            .GroupBy(static folder => folder.Modified!.Value))
        {
            string touch = string.Create(CultureInfo.InvariantCulture, $"touch -d @{time.Key}");
            foreach (string places in Places(time)) yield return $"if has touch;then {touch} {places} 2>/dev/null;fi;:";
        }
    }

    IEnumerable<string> SetOwners(CopyTree tree)
    {
        IEnumerable<TreeEntry> all = tree.Folders.Concat(tree.Files).Concat(tree.Links).Where(IsOwn);
        foreach (IGrouping<(int User, int Group), TreeEntry> owner in all.GroupBy(static entry => (entry.UserId, entry.GroupId)))
        {
            string chown = string.Create(CultureInfo.InvariantCulture, $"chown -h {owner.Key.User}:{owner.Key.Group}");
            foreach (string places in Places(owner)) yield return $"{chown} {places}";
        }
    }

    /// <summary>The entries' places, as many in one as a line holds.</summary>
    IEnumerable<string> Places(IEnumerable<TreeEntry> entries) =>
        ShellText.Groups(entries, entry => Q(destination.Place(entry.Path)))
            .Select(group => string.Join(' ', group.Select(entry => Q(destination.Place(entry.Path)))));

    static string Q(string text) => ShellText.QuotePath(text);
}
