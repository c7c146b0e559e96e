using Fairlead.Files.Pods;
using Fairlead.Files.Runs;
using Fairlead.Files.Trees;

namespace Fairlead.Fuzz.Targets;

/// <summary>An archive of two files that a container was asked for: only these two come out of it, once, and as long as they are known to be.</summary>
static class ArchiveTarget
{
    static readonly TreeEntry[] s_files = [new("a", EntryKind.File, 0, 5, 0), new("sub/b", EntryKind.File, 0, 600, 0)];

    internal static void Run(byte[] input)
    {
        List<string> came = [];
        try
        {
            // nothing of it waits: all bytes are there
            Read(input, came).GetAwaiter().GetResult();
        }
        catch (Exception refused) when (refused is IOException or InvalidDataException)
        {
            // refused, as documented
        }

        FuzzTarget.Require(came.Distinct().Count() == came.Count, "a file came twice");
    }

    static async Task Read(byte[] input, List<string> came)
    {
        byte[] buffer = new byte[1024];
        await foreach (Piece piece in PackedFiles.ReadAsync(new MemoryStream(input), s_files, buffer, default))
        {
            if (piece.Fault is not null) continue;
            FuzzTarget.Require(piece.Bytes.Length == piece.File.Size, "a file of another length");
            came.Add(piece.File.Path);
        }
    }
}
