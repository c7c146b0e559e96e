namespace Fairlead.Server.Access;

/// <summary>One thing that somebody wants to do, as rules judge it and refusals word it.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Resource">The resource in the plural.</param>
/// <param name="Subresource">The subresource, if one is meant.</param>
/// <param name="Namespace">The namespace; null at the cluster scope.</param>
/// <param name="Name">The object's name; null for all of them.</param>
public readonly record struct AccessAttributes(
    string Verb, string Group, string Resource, string? Subresource, string? Namespace, string? Name)
{
    /// <summary>Resource and subresource as a rule spells them.</summary>
    public string ResourcePath => Subresource is null ? Resource : $"{Resource}/{Subresource}";
}
