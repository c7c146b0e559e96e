namespace Fairlead.Node.Checks;

/// <summary>One thing that a front needs of its machine, and whether it is so.</summary>
/// <param name="Name">What was looked at, in a word or two; always the same for the same check.</param>
/// <param name="Outcome">What it came to.</param>
/// <param name="Text">What was found, and of what is not fine what to do. Fit to show.</param>
public sealed record CheckLine(string Name, CheckOutcome Outcome, string Text);
