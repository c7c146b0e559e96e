using System.Text.Json.Nodes;
using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.PodsApi.Objects;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi.Reviews;

/// <summary>Answers users who ask who they are and what they may do.</summary>
static class ReviewEndpoint
{
    public static async Task AnswerAsync(HttpContext context, ApiResource resource, ApiUser user, Admission admission)
    {
        JsonObject spec = await ReviewBody.ReadSpecAsync(context, resource);
        JsonObject status = resource.Name switch
        {
            SelfReview.AccessReviews => await AccessOfAsync(spec, user, admission, context.RequestAborted),
            SelfReview.RulesReviews => RulesOf(spec, user),
            _ => WhoIs(user),
        };
        await JsonAnswer.WriteAsync(context, 201, new JsonObject
        {
            ["kind"] = resource.Kind,
            ["apiVersion"] = resource.ApiVersion,
            ["metadata"] = new JsonObject { ["creationTimestamp"] = null },
            ["spec"] = spec,
            ["status"] = status,
        });
    }

    static async ValueTask<JsonObject> AccessOfAsync(
        JsonObject spec, ApiUser user, Admission admission, CancellationToken cancellationToken)
    {
        bool allowed;
        bool isBoth = spec["resourceAttributes"] is JsonObject && spec["nonResourceAttributes"] is JsonObject;
        if (!isBoth && spec["resourceAttributes"] is JsonObject resource)
        {
            string? subresource = resource.Text("subresource");
            allowed = await admission.MayAsync(user, new AccessAttributes(
                resource.Text("verb") ?? "",
                resource.Text("group") ?? "",
                resource.Text("resource") ?? "",
                string.IsNullOrEmpty(subresource) ? null : subresource,
                resource.Text("namespace"),
                resource.Text("name")), cancellationToken);
        }
        else if (!isBoth && spec["nonResourceAttributes"] is JsonObject other)
        {
            allowed = other.Text("verb") == "get"; // what is no resource is open to everybody who is known
        }
        else
        {
            throw new ApiRefusal(Refusals.Invalid(
                "SelfSubjectAccessReview", "", "spec.resourceAttributes",
                "exactly one of nonResourceAttributes or resourceAttributes must be specified"));
        }

        return new JsonObject { ["allowed"] = allowed };
    }

    static JsonObject RulesOf(JsonObject spec, ApiUser user)
    {
        JsonArray rules = [];
        foreach (ApiRule rule in user.Rules.Where(rule => rule.AppliesIn(spec.Text("namespace"))))
            Add(
                rules, new()
                {
                    ["verbs"] = ListOf(rule.Verbs),
                    ["apiGroups"] = new JsonArray(ApiRule.All),
                    ["resources"] = ListOf(rule.Resources)
                });
        foreach ((string group, string name) in new[]
        {
            (SelfReview.AuthorizationGroup, SelfReview.AccessReviews),
            (SelfReview.AuthorizationGroup, SelfReview.RulesReviews),
            (SelfReview.AuthenticationGroup, SelfReview.SubjectReviews),
        })
            Add(
                rules,
                new() { ["verbs"] = new JsonArray("create"), ["apiGroups"] = new JsonArray(group), ["resources"] = new JsonArray(name) });

        return new JsonObject
        {
            ["resourceRules"] = rules,
            ["nonResourceRules"] = new JsonArray(
                new JsonObject { ["verbs"] = new JsonArray("get"), ["nonResourceURLs"] = new JsonArray(ApiRule.All) }),
            ["incomplete"] = false,
        };
    }

    static JsonObject WhoIs(ApiUser user) => new()
    {
        ["userInfo"] = new JsonObject { ["username"] = user.Name, ["groups"] = ListOf([.. user.Groups, ApiUser.Authenticated]) },
    };

    static void Add(JsonArray list, JsonObject item) => list.Add((JsonNode)item);

    static JsonArray ListOf(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);
}
