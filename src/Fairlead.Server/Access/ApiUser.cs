namespace Fairlead.Server.Access;

/// <summary>Somebody who may use the API, known by a bearer token or by other means.</summary>
/// <remarks>Not a record: its text form must never show the token.</remarks>
public sealed class ApiUser
{
    /// <summary>The group that everybody with a valid token is in.</summary>
    public const string Authenticated = "system:authenticated";

    /// <summary>The name that answers and logs show.</summary>
    public required string Name { get; init; }

    /// <summary>The bearer token, without spaces; empty for who is known by other means. A secret: it is compared, never shown.</summary>
    public required string Token { get; init; }

    /// <summary>The groups the user is in, for <c>kubectl auth whoami</c>; rules are the user's own.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>
    /// What the user may do. Without a rule: discovery, health, version, and asking about oneself, as for everybody who is known.
    /// </summary>
    public IReadOnlyList<ApiRule> Rules { get; init; } = [];

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    internal bool May(AccessAttributes wanted)
    {
        if (SelfReview.IsOne(wanted)) return true;
        foreach (ApiRule rule in Rules)
        {
            if (rule.Allows(wanted)) return true;
        }

        return false;
    }
}
