using Fairlead.Files.Trees;

namespace Fairlead;

/// <summary>One entry that was not copied.</summary>
/// <param name="Path">
/// Below what was copied, or the name of a single file; as it is, so that it is not fit to show. A byte of it that is no UTF-8 is half of a
/// surrogate pair, U+DC80 to U+DCFF.
/// </param>
/// <param name="Reason">Why, for people, on a line that is fit to show.</param>
public readonly record struct CopyProblem(string Path, string Reason)
{
    /// <summary>The path as the bytes that it is where it lies.</summary>
    public byte[] GetPathBytes() => NameBytes.Encode(Path);
}
