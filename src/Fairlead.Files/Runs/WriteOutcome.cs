using Fairlead.Files.Trees;

namespace Fairlead.Files.Runs;

/// <summary>What became of all that a target was given.</summary>
/// <param name="Refused">Files whose names it cannot have, with the reason.</param>
/// <param name="IsIncomplete">Some of the others are to be written again: what it has tells which.</param>
readonly record struct WriteOutcome(IReadOnlyList<(TreeEntry File, string Reason)> Refused, bool IsIncomplete = false);
