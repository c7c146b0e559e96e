using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Upgrades.Requests;

namespace Fairlead.Upgrades.Reviews;

/// <summary>
/// The question whether somebody may do something, as an API server is asked it: about oneself, or about a user who is named.
/// </summary>
/// <remarks>Kubernetes, <c>authorization.k8s.io/v1</c>: SelfSubjectAccessReview and SubjectAccessReview.</remarks>
public sealed record AccessReview
{
    const int LongestAnswer = 64 * 1024;

    /// <summary>The verb, such as <c>create</c>.</summary>
    public required string Verb { get; init; }

    /// <summary>The API group; empty for the core group.</summary>
    public string Group { get; init; } = "";

    /// <summary>The resource in the plural, such as <c>pods</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>The subresource, such as <c>exec</c>; null for the resource itself.</summary>
    public string? Subresource { get; init; }

    /// <summary>The namespace; null at the cluster's scope.</summary>
    public string? Namespace { get; init; }

    /// <summary>The object's name; null for all of them.</summary>
    public string? Name { get; init; }

    /// <summary>About whom; null for the one whose credentials the request carries.</summary>
    public string? User { get; init; }

    /// <summary>The groups that <see cref="User"/> is in.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>What tells <see cref="User"/> from another of the same name; empty for nothing.</summary>
    public string Uid { get; init; } = "";

    /// <summary>What else is known of <see cref="User"/>.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<string>> Extra { get; init; } =
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Where it is posted to, below the server's address.</summary>
    public string Path => $"/apis/authorization.k8s.io/v1/{(User is null ? "selfsubjectaccessreviews" : "subjectaccessreviews")}";

    /// <summary>The request that asks, without credentials. The caller disposes it.</summary>
    /// <param name="uri">The server's address with <see cref="Path"/>.</param>
    public HttpRequestMessage CreateRequest(Uri uri)
    {
        JsonObject attributes = new()
        {
            ["verb"] = Verb,
            ["group"] = Group,
            ["version"] = "v1",
            ["resource"] = Resource
        };
        if (Subresource is not null) attributes["subresource"] = Subresource;
        if (Namespace is not null) attributes["namespace"] = Namespace;
        if (Name is not null) attributes["name"] = Name;
        JsonObject spec = new() { ["resourceAttributes"] = attributes };
        if (User is not null)
        {
            spec["user"] = User;
            spec["groups"] = ArrayOf(Groups);
            if (Uid.Length > 0) spec["uid"] = Uid;
            if (Extra.Count > 0)
                spec["extra"] = new JsonObject(
                    Extra.Select(static entry => KeyValuePair.Create(entry.Key, (JsonNode?)ArrayOf(entry.Value))));
        }

        JsonObject review = new()
        {
            ["kind"] = User is null ? "SelfSubjectAccessReview" : "SubjectAccessReview",
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["spec"] = spec
        };
        HttpRequestMessage request = new(
            HttpMethod.Post, uri)
        { Content = new StringContent(review.ToJsonString(), null, "application/json") };
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        return request;
    }

    /// <summary>Reads the answer: an explicit yes, or an explicit no.</summary>
    /// <param name="response">The server's; stays the caller's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HttpRequestException">
    /// The server did not answer the question, or says that it could not judge. The message has its code and nothing that it said.
    /// </exception>
    /// <exception cref="JsonException">The answer is not JSON.</exception>
    public static async Task<bool> ReadAnswerAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        if (response.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.OK))
            throw new HttpRequestException($"the access review was answered with {(int)response.StatusCode}", null, response.StatusCode);

        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] answer = new byte[LongestAnswer];
        int length = await body.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, cancellationToken);
        JsonObject? status = (JsonNode.Parse(answer.AsSpan(0, length)) as JsonObject)?["status"] as JsonObject;
        if (IsTrue(status, "allowed") is not { } allowed)
            throw new HttpRequestException("the access review was answered with neither yes nor no", null, response.StatusCode);

        if (IsTrue(status, "denied") is true) return false; // whatever else is said

        // An authorizer that failed says no to everybody; the server itself answers such a request with an error, and not with Forbidden.
        bool couldNotJudge = !allowed && status!["evaluationError"] is JsonValue error
            && error.TryGetValue(out string? text) && text.Length > 0;
        return couldNotJudge ? throw new HttpRequestException("the server could not judge the access review", null, response.StatusCode)
            : allowed;
    }

    /// <summary>Why there is no answer, for people, as <see cref="RequestFault.Describe"/> has it.</summary>
    /// <param name="failure">What asking, or <see cref="ReadAnswerAsync"/>, threw.</param>
    public static string WhyNot(Exception failure) => failure switch
    {
        JsonException => "the review was answered with what is none",
        HttpRequestException { HttpRequestError: HttpRequestError.Unknown, StatusCode: not null, Message: var said } => said,
        _ => RequestFault.Describe(failure),
    };

    static JsonArray ArrayOf(IEnumerable<string> texts) => new([.. texts.Select(static text => (JsonNode)text)]);

    static bool? IsTrue(JsonObject? status, string name) => status?[name] is JsonValue value && value.TryGetValue(out bool truth)
        ? truth
        : null;
}
