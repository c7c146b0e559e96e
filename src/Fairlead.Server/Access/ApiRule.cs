namespace Fairlead.Server.Access;

/// <summary>Something that a user may do. What no rule allows is refused.</summary>
public sealed class ApiRule
{
    /// <summary>Matches every verb, or every resource with its subresources.</summary>
    public const string All = "*";

    /// <summary>Everything, everywhere.</summary>
    public static ApiRule Everything { get; } = new() { Verbs = [All], Resources = [All] };

    /// <summary>The verbs: <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>… or <c>*</c>.</summary>
    public required IReadOnlyList<string> Verbs { get; init; }

    /// <summary>
    /// The resources in the plural, of any API group: <c>pods</c>, with subresource <c>pods/exec</c>, of any resource
    /// <c>*/exec</c>, or <c>*</c>. A resource does not include its subresources.
    /// </summary>
    public required IReadOnlyList<string> Resources { get; init; }

    /// <summary>The namespaces it holds in; empty for all and for what has no namespace.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    internal bool AppliesIn(string? @namespace) =>
        Namespaces.Count == 0 || (!string.IsNullOrEmpty(@namespace) && Namespaces.Contains(@namespace));

    internal bool Allows(AccessAttributes wanted) =>
        AppliesIn(wanted.Namespace) && AllowsVerb(wanted.Verb) && AllowsResource(wanted);

    bool AllowsVerb(string verb) => Verbs.Contains(All) || Verbs.Contains(verb);

    bool AllowsResource(AccessAttributes wanted)
    {
        foreach (string resource in Resources)
        {
            if (resource == All || resource == wanted.ResourcePath) return true;
            if (wanted.Subresource is { } sub && resource.Length == sub.Length + 2 && resource.StartsWith("*/", StringComparison.Ordinal)
                && resource.EndsWith(sub, StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
