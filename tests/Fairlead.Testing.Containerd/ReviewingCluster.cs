using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Testing.Containerd;

/// <summary>What a node needs of an API server to ask who may: SubjectAccessReviews and TokenReviews, answered by rules of the test.</summary>
public sealed class ReviewingCluster : IAsyncDisposable
{
    readonly WebApplication _application;

    ReviewingCluster(WebApplication application) => _application = application;

    public Uri Url => new(_application.Urls.Single());

    /// <summary>Decides by a review's spec; null answers with an error.</summary>
    public Func<JsonNode, bool?> Allows { get; set; } = _ => false;

    /// <summary>Who holds a token: a TokenReview's <c>status.user</c>. Others are nobody's.</summary>
    public ConcurrentDictionary<string, JsonObject> Tokens { get; } = new();

    /// <summary>TokenReviews are answered with an error.</summary>
    public bool KnowsNobody { get; set; }

    /// <summary>TokenReviews about tokens that are nobody's say that something failed.</summary>
    public bool CannotTell { get; set; }

    /// <summary>SubjectAccessReviews are denied too, whatever is allowed.</summary>
    public bool Denies { get; set; }

    /// <summary>SubjectAccessReviews so far.</summary>
    public int Asked { get; private set; }

    /// <summary>TokenReviews so far.</summary>
    public int AskedWho { get; private set; }

    /// <summary>The specs of all SubjectAccessReviews.</summary>
    public ConcurrentQueue<JsonNode> Questions { get; } = new();

    /// <summary>Verb, resource, subresource and namespace of the last question.</summary>
    public (string? Verb, string? Resource, string? Subresource, string? Namespace) Last { get; private set; }

    public string[] LastGroups { get; private set; } = [];

    public static async Task<ReviewingCluster> StartAsync(CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        ReviewingCluster cluster = new(builder.Build());
        cluster._application.Run(cluster.AnswerAsync);
        await cluster._application.StartAsync(cancellationToken);
        return cluster;
    }

    async Task AnswerAsync(HttpContext context)
    {
        JsonNode spec = (await JsonNode.ParseAsync(context.Request.Body))!["spec"]!;
        if (context.Request.Path == "/apis/authentication.k8s.io/v1/tokenreviews")
        {
            await AnswerWhoAsync(context, (string)spec["token"]!);
            return;
        }

        JsonNode attributes = spec["resourceAttributes"]!;
        Asked++;
        Questions.Enqueue(spec);
        Last = ((string?)attributes["verb"], (string?)attributes["resource"], (string?)attributes["subresource"], (string?)attributes["namespace"]);
        LastGroups = [.. spec["groups"]!.AsArray().Select(group => (string)group!)];
        bool? allowed = context.Request.Path == "/apis/authorization.k8s.io/v1/subjectaccessreviews" ? Allows(spec) : null;
        context.Response.StatusCode = allowed is null ? 500 : 201;
        JsonObject status = new() { ["allowed"] = allowed ?? true };
        if (Denies) status["denied"] = true;
        await context.Response.WriteAsync(new JsonObject { ["status"] = status }.ToJsonString());
    }

    Task AnswerWhoAsync(HttpContext context, string token)
    {
        AskedWho++;
        JsonObject status = Tokens.TryGetValue(token, out JsonObject? user)
            ? new JsonObject { ["authenticated"] = true, ["user"] = user.DeepClone() }
            : CannotTell ? new JsonObject { ["error"] = "an authenticator failed" } : [];
        context.Response.StatusCode = KnowsNobody ? 503 : 201;
        return context.Response.WriteAsync(new JsonObject { ["status"] = status }.ToJsonString());
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
