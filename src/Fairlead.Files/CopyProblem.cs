namespace Fairlead.Files;

/// <summary>One entry that was not copied.</summary>
/// <param name="Path">Below what was copied; as it is, so that it is not fit to show.</param>
/// <param name="Reason">Why, for people, on a line that is fit to show.</param>
public readonly record struct CopyProblem(string Path, string Reason);
