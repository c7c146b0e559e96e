namespace Fairlead.Server.PodsApi;

/// <summary>A resource of the API, as discovery describes it and as requests are judged by.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Name">The resource in the plural.</param>
/// <param name="Singular">The resource in the singular.</param>
/// <param name="Kind">The kind of its objects.</param>
/// <param name="Verbs">What can be done with it.</param>
sealed record ApiResource(string Group, string Name, string Singular, string Kind, IReadOnlyList<string> Verbs)
{
    /// <summary>Every group is offered in this version only.</summary>
    public const string Version = "v1";

    public bool Namespaced { get; init; } = true;
    public IReadOnlyList<string> ShortNames { get; init; } = [];
    public IReadOnlyList<string> Categories { get; init; } = [];
    public IReadOnlyList<ApiSubresource> Subresources { get; init; } = [];

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The name with its group, as messages spell it: <c>deployments.apps</c>.</summary>
    public string QualifiedName => Group.Length == 0 ? Name : $"{Name}.{Group}";
}

/// <summary>A part of a resource with verbs of its own.</summary>
sealed record ApiSubresource(string Name, string Kind, IReadOnlyList<string> Verbs);
