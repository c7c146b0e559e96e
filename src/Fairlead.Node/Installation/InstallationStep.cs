namespace Fairlead.Node.Installation;

/// <summary>A part of an installation, or of its undoing: files first, and then what is asked of systemd. The next begins when it has
/// succeeded.</summary>
/// <typeparam name="TFile">What becomes of a file.</typeparam>
/// <param name="Files">The files, in the order in which they are written.</param>
/// <param name="Calls">The calls of systemctl, each with its arguments.</param>
public sealed record InstallationStep<TFile>(IReadOnlyList<TFile> Files, IReadOnlyList<string[]> Calls);
