using System.Text.Json.Nodes;
using Fairlead.Server.Answers;

namespace Fairlead.Server.PodsApi;

/// <summary>One document of discovery.</summary>
readonly record struct DiscoveryDocument(string ContentType, ReadOnlyMemory<byte> Body);

/// <summary>
/// The documents by which clients learn what resources there are: one a version, and the two lists they begin at. Clients since
/// Kubernetes 1.30 ask for the lists in their aggregated form, which holds everything, and ask no more.
/// </summary>
sealed class Discovery
{
    const string Core = "api";
    const string Groups = "apis";
    const string AggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    readonly Dictionary<string, DiscoveryDocument> _documents = [];
    readonly Dictionary<string, DiscoveryDocument> _aggregated = [];

    public Discovery()
    {
        Add(
            Core, new JsonObject
            {
                ["kind"] = "APIVersions",
                ["versions"] = new JsonArray(ApiResource.Version),
                ["serverAddressByClientCIDRs"] = new JsonArray()
            });
        Add(Groups, new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = ListOf(ApiResources.Groups, GroupOf) });
        Add($"{Core}/{ApiResource.Version}", ResourceListOf(""));
        _aggregated[Core] = new(AggregatedType, ToBytes(AggregatedListOf([""])));
        _aggregated[Groups] = new(AggregatedType, ToBytes(AggregatedListOf(ApiResources.Groups)));
        foreach (string group in ApiResources.Groups)
        {
            JsonObject document = GroupOf(group);
            document.Insert(0, "kind", "APIGroup");
            document.Insert(1, "apiVersion", "v1");
            Add($"{Groups}/{group}", document);
            Add($"{Groups}/{group}/{ApiResource.Version}", ResourceListOf(group));
        }
    }

    /// <summary>The document at a path; null where there is none.</summary>
    public DiscoveryDocument? Find(string path, bool aggregated)
    {
        if (aggregated && _aggregated.TryGetValue(path, out DiscoveryDocument document)) return document;
        return _documents.TryGetValue(path, out document) ? document : null;
    }

    void Add(string path, JsonObject document) => _documents[path] = new(JsonAnswer.Json, ToBytes(document));

    static ReadOnlyMemory<byte> ToBytes(JsonObject document) => JsonAnswer.ToBytes(writer => document.WriteTo(writer));

    static JsonObject GroupOf(string group)
    {
        JsonObject Version() => new() { ["groupVersion"] = $"{group}/{ApiResource.Version}", ["version"] = ApiResource.Version };
        return new() { ["name"] = group, ["versions"] = new JsonArray(Version()), ["preferredVersion"] = Version() };
    }

    static JsonObject ResourceListOf(string group)
    {
        JsonArray resources = [];
        foreach (ApiResource resource in ApiResources.List.Where(resource => resource.Group == group))
        {
            Append(resources, EntryOf(resource, resource.Name, resource.Singular, resource.Kind, resource.Verbs), resource);
            foreach (ApiSubresource sub in resource.Subresources)
                Append(resources, EntryOf(resource, $"{resource.Name}/{sub.Name}", "", sub.Kind, sub.Verbs), null);
        }

        return new()
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? ApiResource.Version : $"{group}/{ApiResource.Version}",
            ["resources"] = resources,
        };
    }

    static JsonObject EntryOf(ApiResource resource, string name, string singular, string kind, IReadOnlyList<string> verbs) => new()
    {
        ["name"] = name,
        ["singularName"] = singular,
        ["namespaced"] = resource.Namespaced,
        ["kind"] = kind,
        ["verbs"] = ListOf(verbs),
    };

    static JsonObject AggregatedListOf(IReadOnlyList<string> groups) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonObject(),
        ["items"] = ListOf(groups, group => new JsonObject
        {
            ["metadata"] = group.Length == 0
                ? new JsonObject { ["creationTimestamp"] = null }
                : new JsonObject { ["name"] = group, ["creationTimestamp"] = null },
            ["versions"] = new JsonArray(new JsonObject
            {
                ["version"] = ApiResource.Version,
                ["resources"] = ListOf(ApiResources.List.Where(resource => resource.Group == group), AggregatedEntryOf),
                ["freshness"] = "Current",
            }),
        }),
    };

    static JsonObject AggregatedEntryOf(ApiResource resource)
    {
        JsonObject entry = new()
        {
            ["resource"] = resource.Name,
            ["responseKind"] = KindOf(resource.Group, resource.Kind),
            ["scope"] = resource.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = resource.Singular,
            ["verbs"] = ListOf(resource.Verbs),
        };
        if (resource.Subresources.Count > 0)
        {
            entry["subresources"] = ListOf(resource.Subresources, sub => new JsonObject
            {
                ["subresource"] = sub.Name,
                ["responseKind"] = KindOf(resource.Group, sub.Kind),
                ["verbs"] = ListOf(sub.Verbs),
            });
        }

        AddNames(entry, resource);
        return entry;
    }

    static JsonObject KindOf(string group, string kind) => new() { ["group"] = group, ["version"] = ApiResource.Version, ["kind"] = kind };

    static void Append(JsonArray resources, JsonObject entry, ApiResource? names)
    {
        if (names is not null) AddNames(entry, names);
        resources.Add((JsonNode)entry);
    }

    static void AddNames(JsonObject entry, ApiResource resource)
    {
        if (resource.ShortNames.Count > 0) entry["shortNames"] = ListOf(resource.ShortNames);
        if (resource.Categories.Count > 0) entry["categories"] = ListOf(resource.Categories);
    }

    static JsonArray ListOf(IEnumerable<string> values) => ListOf(values, value => (JsonNode)value);

    static JsonArray ListOf<T>(IEnumerable<T> values, Func<T, JsonNode> convert) => new([.. values.Select(convert)]);
}
