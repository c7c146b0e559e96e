namespace Fairlead;

/// <summary>How far a copy is.</summary>
/// <param name="Phase">Its step.</param>
/// <param name="Path">The file that it is at; empty for a single one.</param>
/// <param name="Bytes">Bytes that the target has.</param>
/// <param name="TotalBytes">Bytes in all.</param>
/// <param name="Files">Files that the target has whole.</param>
/// <param name="TotalFiles">Files in all.</param>
public readonly record struct CopyProgress(CopyPhase Phase, string Path, long Bytes, long TotalBytes, int Files, int TotalFiles);
