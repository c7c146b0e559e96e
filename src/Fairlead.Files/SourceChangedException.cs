using Fairlead.Files.Trees;

namespace Fairlead.Files;

/// <summary>A file is shorter than it was, or gone, while it is read: it is looked at again and starts anew.</summary>
sealed class SourceChangedException(TreeEntry file) : IOException($"{file.Name} changed while it was copied")
{
    internal TreeEntry File => file;
}
