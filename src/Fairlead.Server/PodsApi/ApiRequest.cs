using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Requests;
using Fairlead.Server.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fairlead.Server.PodsApi;

/// <summary>What a request is about, by its path and method: a resource, or something else of the server's.</summary>
sealed record ApiRequest
{
    /// <summary>The route's value that is the path below wherever the API is mapped to.</summary>
    public const string PathInRoute = "path";

    /// <summary>The path below that, without slashes at its ends.</summary>
    public required string Path { get; init; }

    /// <summary>The verb that rules know, by method and, for GET, by what is asked for.</summary>
    public required string Verb { get; init; }

    /// <summary>What its query says.</summary>
    public required QueryParameters Query { get; init; }

    /// <summary>False for discovery, health, version and paths that are nothing.</summary>
    public bool IsResource => Resource.Length > 0;

    public string Group { get; init; } = "";
    public string Version { get; init; } = "";
    public string? Namespace { get; init; }
    public string Resource { get; init; } = "";
    public string? Name { get; init; }
    public string? Subresource { get; init; }

    /// <summary>Rules that name a namespace hold for that namespace's own object too.</summary>
    public AccessAttributes Attributes =>
        new(Verb, Group, Resource, Subresource, Namespace ?? (Group.Length == 0 && Resource == "namespaces" ? Name : null), Name);

    /// <exception cref="ApiRefusal">400: its query cannot be read in one way alone; nor can a session's path.</exception>
    public static ApiRequest Parse(HttpRequest request)
    {
        QueryParameters query = QueryParameters.Of(request);
        string path = (request.HttpContext.GetRouteValue(PathInRoute) as string ?? "").Trim('/');
        string[] parts = path.Split('/');
        ApiRequest other = new() { Path = path, Verb = VerbOf(request, query, named: true), Query = query };
        int at = parts[0] switch { "api" => 2, "apis" => 3, _ => int.MaxValue };
        if (parts.Length <= at || parts.Contains("")) return other;

        ReadOnlySpan<string> rest = parts.AsSpan(at);
        string? @namespace = null;
        if (rest is ["namespaces", _, _, ..])
        {
            @namespace = rest[1];
            rest = rest[2..];
        }

        if (rest is ["pods", _, "exec" or "attach" or "portforward"]) SessionPath.Check(request);
        return other with
        {
            Verb = VerbOf(request, query, named: rest.Length > 1),
            Group = at == 2 ? "" : parts[1],
            Version = parts[at - 1],
            Namespace = @namespace,
            Resource = rest[0],
            Name = rest.Length > 1 ? rest[1] : null,
            Subresource = rest.Length > 2 ? string.Join('/', rest[2..]) : null,
        };
    }

    /// <exception cref="ApiRefusal">404: there is no such pod.</exception>
    public async ValueTask<FoundPod> FindPodAsync(PodLookup pods, CancellationToken cancellationToken) =>
        await pods.FindAsync(Namespace!, Name!, cancellationToken) ?? throw new ApiRefusal(Refusals.NotFound(ApiResources.Pods, Name!));

    static string VerbOf(HttpRequest request, QueryParameters query, bool named) => request.Method switch
    {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => named ? "delete" : "deletecollection",
        _ when named => "get",
        _ => query.Boolean("watch") ? "watch" : "list",
    };
}
