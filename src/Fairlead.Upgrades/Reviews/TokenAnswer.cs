namespace Fairlead.Upgrades.Reviews;

/// <summary>What an API server said about a token.</summary>
/// <param name="User">Whose it is; null for nobody's.</param>
/// <param name="HasError">
/// It is nobody's because something failed, as the server says: the same question may be answered otherwise at once.
/// </param>
public sealed record TokenAnswer(ReviewedUser? User, bool HasError);
