using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Upgrades.Reviews;

/// <summary>The question whose a bearer token is, as an API server is asked it.</summary>
/// <remarks>Kubernetes, <c>authentication.k8s.io/v1</c>: TokenReview.</remarks>
public static class TokenReview
{
    const int LongestAnswer = 256 * 1024;

    /// <summary>Where it is posted to, below the server's address.</summary>
    public const string Path = "/apis/authentication.k8s.io/v1/tokenreviews";

    /// <summary>The request that asks, without credentials. The caller disposes it.</summary>
    /// <param name="uri">The server's address with <see cref="Path"/>.</param>
    /// <param name="token">The token.</param>
    public static HttpRequestMessage CreateRequest(Uri uri, string token)
    {
        JsonObject review = new()
        {
            ["kind"] = "TokenReview",
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["spec"] = new JsonObject { ["token"] = token }
        };
        HttpRequestMessage request = new(
            HttpMethod.Post, uri)
        { Content = new StringContent(review.ToJsonString(), null, "application/json") };
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        return request;
    }

    /// <summary>Reads the answer.</summary>
    /// <param name="response">The server's; stays the caller's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HttpRequestException">The server did not answer the question. The message has nothing that it said.</exception>
    /// <exception cref="JsonException">The answer is not JSON.</exception>
    public static async Task<TokenAnswer> ReadAnswerAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        if (response.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.OK))
            throw new HttpRequestException($"the token review was answered with {(int)response.StatusCode}", null, response.StatusCode);

        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] answer = new byte[LongestAnswer];
        int length = await body.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, cancellationToken);
        if ((JsonNode.Parse(answer.AsSpan(0, length)) as JsonObject)?["status"] is not JsonObject status) throw NoAnswer(response);
        bool isKnown = status["authenticated"] is JsonValue value && value.TryGetValue(out bool truth) && truth; // left out for a no
        if (!isKnown) return new TokenAnswer(null, HasError: Text(status["error"]) is { Length: > 0 });
        if (status["user"] is not JsonObject user || Text(user["username"]) is not { Length: > 0 } name) throw NoAnswer(response);
        return new TokenAnswer(new(name, Text(user["uid"]) ?? "", Texts(user["groups"]), Extra(user["extra"])), HasError: false);
    }

    static HttpRequestException NoAnswer(HttpResponseMessage response) =>
        new("the token review was answered with what is none", null, response.StatusCode);

    static ImmutableSortedDictionary<string, ImmutableArray<string>> Extra(JsonNode? node) => node is JsonObject extra
        ? extra.ToImmutableSortedDictionary(static entry => entry.Key, static entry => Texts(entry.Value), StringComparer.Ordinal)
        : ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    static ImmutableArray<string> Texts(JsonNode? node) => node is JsonArray list ? [.. list.Select(Text).OfType<string>()] : [];

    static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
