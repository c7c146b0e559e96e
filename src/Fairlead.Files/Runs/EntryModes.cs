using Fairlead.Files.Trees;

namespace Fairlead.Files.Runs;

/// <summary>The permissions that an entry gets.</summary>
static class EntryModes
{
    /// <summary>Until it was verified, whoever wrote a file can read it.</summary>
    internal static int Staged(TreeEntry file, CopyOptions options) => Of(file, options) | 0x100; // 0400

    internal static int Of(TreeEntry entry, CopyOptions options)
    {
        if (options.Preserve) return entry.Mode & (options.SpecialModes ? 0xFFF : 0x1FF);
        return entry.Kind == EntryKind.Folder || (entry.Mode & 0x40) != 0 ? 0x1ED /* 0755 */ : 0x1A4 /* 0644 */;
    }
}
