namespace Fairlead.Files.Trees;

/// <summary>What an entry of a tree is.</summary>
enum EntryKind
{
    /// <summary>A device, a pipe, a socket: never copied.</summary>
    Other = 0,

    File,
    Folder,
    Link,
}
