using System.Collections.Immutable;

namespace Fairlead.Upgrades.Reviews;

/// <summary>Somebody as authentication tells of them, and as access reviews ask about them.</summary>
/// <param name="Name">The name.</param>
/// <param name="Uid">What tells them from another of the same name; empty for nothing.</param>
/// <param name="Groups">Their groups.</param>
/// <param name="Extra">What else is known of them, by which an authorizer may judge.</param>
public sealed record ReviewedUser(
    string Name, string Uid, ImmutableArray<string> Groups, ImmutableSortedDictionary<string, ImmutableArray<string>> Extra)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
