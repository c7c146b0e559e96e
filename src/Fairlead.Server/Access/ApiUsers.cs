using System.Text.Json.Nodes;

namespace Fairlead.Server.Access;

/// <summary>Reads a list of users, for instance from a file.</summary>
/// <remarks>
/// The format, in YAML:
/// <code>
/// users:
/// - name: dev
///   token: abc                  # a secret; quote it when it is all digits
///   groups: [devs]              # optional
///   rules:                      # optional; without rules: discovery and asking about oneself
///   - verbs: [create, get]      # get list watch create update patch delete deletecollection, or "*"
///     resources: [pods/exec]    # with subresource; "*/exec" for that of any resource; "*" for everything
///     namespaces: [default]     # optional; without it: all, and what has no namespace
/// </code>
/// One user may stand there several times with different tokens. Members that are not known are errors: a misspelt rule must
/// not be a silent refusal, or worse.
/// </remarks>
public static class ApiUsers
{
    static readonly string[] s_verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", ApiRule.All];

    /// <summary>Reads the users out of a document of the form shown above.</summary>
    /// <exception cref="FormatException">The document is not of that form. The message says where and why, and shows no token.</exception>
    public static IReadOnlyList<ApiUser> FromJson(JsonNode? document)
    {
        JsonObject root = ObjectAt(document, "the document", "users");
        JsonArray list = ArrayAt(root["users"], "users");
        List<ApiUser> users = [];
        for (int i = 0; i < list.Count; i++)
        {
            ApiUser user = ReadUser(list[i], $"users[{i}]");
            int same = users.FindIndex(other => other.Token == user.Token);
            if (same >= 0) throw new FormatException($"users[{i}].token: users[{same}] has the same one; a token names one user");
            users.Add(user);
        }

        return users;
    }

    static ApiUser ReadUser(JsonNode? node, string at)
    {
        JsonObject user = ObjectAt(node, at, "name", "token", "groups", "rules");
        return new ApiUser
        {
            Name = TextAt(user["name"], at + ".name"),
            Token = TokenAt(user["token"], at + ".token"),
            Groups = user.ContainsKey("groups") ? TextsAt(user["groups"], at + ".groups") : [],
            Rules = user.ContainsKey("rules")
                ? [.. ArrayAt(user["rules"], at + ".rules").Select((rule, i) => ReadRule(rule, $"{at}.rules[{i}]"))]
                : [],
        };
    }

    static ApiRule ReadRule(JsonNode? node, string at)
    {
        JsonObject rule = ObjectAt(node, at, "verbs", "resources", "namespaces");
        IReadOnlyList<string> verbs = TextsAt(rule["verbs"], at + ".verbs");
        if (verbs.FirstOrDefault(verb => !s_verbs.Contains(verb)) is { } unknown)
            throw new FormatException($"{at}.verbs: \"{unknown}\" is no verb; there are {string.Join(", ", s_verbs)}");

        return new ApiRule
        {
            Verbs = verbs,
            Resources = TextsAt(rule["resources"], at + ".resources"),
            Namespaces = rule.ContainsKey("namespaces") ? TextsAt(rule["namespaces"], at + ".namespaces") : [],
        };
    }

    static string TokenAt(JsonNode? node, string at)
    {
        string token = TextAt(node, at);
        return token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new FormatException($"{at}: a token has only printable ASCII characters and no spaces");
    }

    static JsonObject ObjectAt(JsonNode? node, string at, params ReadOnlySpan<string> members)
    {
        if (node is not JsonObject found) throw new FormatException($"{at}: expected members {string.Join(", ", members)}");
        foreach ((string name, _) in found)
        {
            if (!members.Contains(name))
                throw new FormatException($"{at}: unknown member \"{name}\"; there are {string.Join(", ", members)}");
        }

        return found;
    }

    static JsonArray ArrayAt(JsonNode? node, string at) => node as JsonArray ?? throw new FormatException($"{at}: expected a list");

    static IReadOnlyList<string> TextsAt(JsonNode? node, string at)
    {
        JsonArray list = ArrayAt(node, at);
        return list.Count > 0
            ? [.. list.Select((item, i) => TextAt(item, $"{at}[{i}]"))]
            : throw new FormatException($"{at}: the list is empty; leave the member out or name something");
    }

    static string TextAt(JsonNode? node, string at)
    {
        if (node is null) throw new FormatException($"{at}: missing");
        if (node is not JsonValue value || !value.TryGetValue(out string? text))
            throw new FormatException($"{at}: expected text; quote it");
        return text.Length > 0 ? text : throw new FormatException($"{at}: empty");
    }
}
