namespace Fairlead;

/// <summary>What a copy has done: all of it is verified and in its place.</summary>
/// <param name="Files">Files.</param>
/// <param name="Folders">Folders.</param>
/// <param name="Links">Symbolic links.</param>
/// <param name="Bytes">Bytes of the files.</param>
/// <param name="VerifiedBySha256">Files whose SHA-256 was found equal on both sides.</param>
/// <param name="VerifiedBySize">Files of which only the size was compared, because a container has no tool for SHA-256.</param>
/// <param name="Method">How bytes went, and what verified them, for people.</param>
/// <param name="Reconnections">Connections that were lost on the way.</param>
/// <param name="Refused">What was not copied because it is no file, folder or link, or because it leads out.</param>
public sealed record CopyResult(
    int Files, int Folders, int Links, long Bytes, int VerifiedBySha256, int VerifiedBySize, string Method, int Reconnections,
    IReadOnlyList<CopyProblem> Refused);
