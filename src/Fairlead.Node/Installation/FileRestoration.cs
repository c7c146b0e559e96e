namespace Fairlead.Node.Installation;

/// <summary>What becomes of a file when an installation is taken out.</summary>
/// <param name="Path">The path as the machine sees it.</param>
/// <param name="Content">What it holds then; null where it is removed.</param>
/// <param name="Outcome">What that is, in half a sentence that goes on after the path.</param>
public sealed record FileRestoration(string Path, byte[]? Content, string Outcome);
