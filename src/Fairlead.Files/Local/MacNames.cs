using Fairlead.Files.Trees;

namespace Fairlead.Files.Local;

/// <summary>Which names a folder on macOS can hold: text alone, and on most of its volumes one of two that differ in case.</summary>
static class MacNames
{
    /// <summary>Takes out of the tree what cannot be there, before anything of it is written.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="foldsCase">The volume takes two names that differ in case for one.</param>
    internal static void Refuse(CopyTree tree, bool foldsCase) => UniqueNames.Refuse(
        tree, "this volume", foldsCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal,
        static entry => WindowsNames.IsText(entry.Leaf)
            ? null
            : "it cannot be here by this name: a name on macOS is text, and this one is not");
}
