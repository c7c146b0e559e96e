using System.Globalization;
using Fairlead.Files.Shells;
using Fairlead.Files.Trees;

namespace Fairlead.Files.Pods;

/// <summary>Renames what was verified to where it belongs, and sets what folders are to be last. All of it may be done again after a lost connection.</summary>
sealed class PodPlacing(RemoteShell shell, PodDestination destination, CopyOptions options)
{
    internal async ValueTask PlaceAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        string at = await shell.DoAsync($"staged {Q(destination.Base)} {destination.Stage}", cancellationToken);
        if (at == "gone") return; // a stage that is gone was placed

        foreach (TreeEntry[] links in ShellText.Groups(tree.Links, link => destination.Quoted(link) + link.Target))
            await shell.DoAsync(string.Join("&&", links.Select(link => $"link {ShellText.Quote(link.Target!)} {destination.Quoted(link)}")), cancellationToken);
        if (destination.Final.Length > 0) await shell.DoAsync($"place {Q(destination.Place(""))}", cancellationToken);
        else await MergeAsync(tree, cancellationToken);

        foreach (IGrouping<int, TreeEntry> mode in OwnFolders(tree).Reverse().GroupBy(entry => EntryModes.Of(entry, options)))
        {
            string octal = Convert.ToString(mode.Key, 8);
            await EachAsync(mode, places => $"if has chmod;then chmod {octal} {places};fi", cancellationToken);
        }

        if (options.Owners) await SetOwnersAsync(tree, cancellationToken);
        if (options.Preserve) await SetFolderTimesAsync(tree, cancellationToken);
        await shell.DoAsync($"cd ..&&rm -rf ./{destination.Stage}", cancellationToken);
    }

    IEnumerable<TreeEntry> OwnFolders(CopyTree tree) => tree.Folders.Where(IsOwn);

    /// <summary>Not the destination that was there before.</summary>
    bool IsOwn(TreeEntry entry) => entry.Path.Length > 0 || destination.Final.Length > 0;

    async ValueTask MergeAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        foreach (TreeEntry[] folders in ShellText.Groups(tree.Folders.Skip(1), folder => "&&enter " + Q(destination.Place(folder.Path))))
            await shell.DoAsync(string.Join("&&", folders.Select(folder => $"enter {Q(destination.Place(folder.Path))}")), cancellationToken);

        foreach (IGrouping<string, TreeEntry> folder in tree.Files.Concat(tree.Links).GroupBy(static entry => entry.Parent ?? ""))
        {
            string place = Q(destination.Place(folder.Key) + "/");
            foreach (TreeEntry[] group in ShellText.Groups(folder, destination.Quoted))
                await shell.DoAsync($"move {place} {string.Join(' ', group.Select(destination.Quoted))}", cancellationToken);
        }
    }

    /// <summary>Last of all: every file that comes into a folder changes its time.</summary>
    async ValueTask SetFolderTimesAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        foreach (IGrouping<long, TreeEntry> time in OwnFolders(tree).Where(static folder => folder.Modified > 0).GroupBy(static folder => folder.Modified))
        {
            string touch = string.Create(CultureInfo.InvariantCulture, $"touch -d @{time.Key}");
            await EachAsync(time, places => $"if has touch;then {touch} {places} 2>/dev/null;fi;:", cancellationToken);
        }
    }

    async ValueTask SetOwnersAsync(CopyTree tree, CancellationToken cancellationToken)
    {
        IEnumerable<TreeEntry> all = tree.Folders.Concat(tree.Files).Concat(tree.Links).Where(IsOwn);
        foreach (IGrouping<(int User, int Group), TreeEntry> owner in all.GroupBy(static entry => (entry.UserId, entry.GroupId)))
        {
            string chown = string.Create(CultureInfo.InvariantCulture, $"chown -h {owner.Key.User}:{owner.Key.Group}");
            await EachAsync(owner, places => $"{chown} {places}", cancellationToken);
        }
    }

    /// <summary>One line for as many entries as it holds.</summary>
    async ValueTask EachAsync(IEnumerable<TreeEntry> entries, Func<string, string> line, CancellationToken cancellationToken)
    {
        foreach (TreeEntry[] group in ShellText.Groups(entries, entry => Q(destination.Place(entry.Path))))
            await shell.DoAsync(line(string.Join(' ', group.Select(entry => Q(destination.Place(entry.Path))))), cancellationToken);
    }

    static string Q(string text) => ShellText.QuotePath(text);
}
