using Fairlead.Files.Pods;
using Fairlead.Files.Trees;

namespace Fairlead.Fuzz.Targets;

/// <summary>A listing that a container sends: whatever it says, nothing that is taken into the tree leads out of it.</summary>
static class ListingTarget
{
    const string Root = "/root";

    internal static void Run(byte[] input)
    {
        CopyTree tree = new();
        try
        {
            foreach (TreeEntry entry in ListingReader.Read(input, "."))
                tree.Add(entry.Kind == EntryKind.Link ? entry with { Target = entry.Leaf.Replace('-', '/') } : entry);
        }
        catch (Exception refused) when (refused is InvalidDataException or IOException)
        {
            return; // refused, as documented
        }

        foreach (TreeEntry entry in tree.Files.Concat(tree.Folders).Concat(tree.Links))
        {
            string place = Path.GetFullPath(Path.Combine(Root, entry.Path));
            FuzzTarget.Require(place == Root || place.StartsWith(Root + "/", StringComparison.Ordinal), $"{entry.Path} leads out");
            FuzzTarget.Require(entry.Size >= 0 || entry.Size == -1, "a file of a negative size");
            FuzzTarget.Require(tree.Find(entry.Path) == entry, $"{entry.Path} is not found");
            if (entry.Path.Length > 0) FuzzTarget.Require(tree.Find(entry.Parent!)?.Kind == EntryKind.Folder, $"{entry.Path} is in no folder");
            if (entry.Target is null) continue;
            string target = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(place)!, entry.Target));
            FuzzTarget.Require(target == Root || target.StartsWith(Root + "/", StringComparison.Ordinal), $"the link {entry.Path} leads out, to {entry.Target}");
        }
    }
}
