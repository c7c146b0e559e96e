namespace Fairlead.Client.Files;

/// <summary>One entry that was not copied.</summary>
/// <param name="Path">Below what was copied.</param>
/// <param name="Reason">Why, for people.</param>
public readonly record struct CopyProblem(string Path, string Reason);
