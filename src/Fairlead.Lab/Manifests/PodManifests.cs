using System.Text.Json.Nodes;
using Fairlead.Yaml;

namespace Fairlead.Lab.Manifests;

/// <summary>What a manifest file describes: pods to run, and the owners and services that lead to them.</summary>
public sealed class PodManifests
{
    const string DefaultNamespace = "default";

    /// <summary>The kinds that are kept to be looked at, and their resources.</summary>
    static readonly Dictionary<string, string> KeptKinds = new(StringComparer.Ordinal)
    {
        ["Service"] = "services",
        ["Deployment"] = "deployments",
        ["ReplicaSet"] = "replicasets",
        ["StatefulSet"] = "statefulsets",
        ["DaemonSet"] = "daemonsets",
        ["Job"] = "jobs",
    };

    readonly HashSet<(string Resource, string Namespace, string Name)> _names = [];

    PodManifests()
    {
    }

    internal List<PodManifest> Pods { get; } = [];

    internal List<(string Resource, JsonObject Document)> Others { get; } = [];

    /// <summary>Reads YAML, with several documents where there are several, or JSON.</summary>
    /// <param name="reader">The text, at most 4 Mi characters. Stays the caller's.</param>
    /// <exception cref="ManifestException">
    /// Not YAML; a kind that cannot be run or kept; a pod that a local process cannot be, with the reason and where it is.
    /// </exception>
    public static PodManifests Read(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        PodManifests manifests = new();
        try
        {
            YamlReader yaml = new(reader);
            while (yaml.Read() is { } document)
            {
                if (document.Root is not null) manifests.Add(document.ToObject("document"));
            }
        }
        catch (YamlFormatException e)
        {
            throw new ManifestException(e.Message, e);
        }

        return manifests.Pods.Count > 0 ? manifests : throw new ManifestException("there is no Pod in it");
    }

    void Add(YamlObject document)
    {
        string kind = document.GetText("kind") ?? throw document.Wrong("kind", "is missing");
        if (kind == "List")
        {
            foreach (YamlObject item in document.GetObjects("items")) Add(item.Named("document"));
            return;
        }

        string? resource = kind == "Pod" ? "pods" : KeptKinds.GetValueOrDefault(kind);
        if (resource is null) throw document.Wrong("kind", $"a {kind} is not supported; Pod, {string.Join(", ", KeptKinds.Keys)} are");
        AddObject(document.Named(kind), kind, resource);
    }

    void AddObject(YamlObject document, string kind, string resource)
    {
        YamlObject metadata = document.GetObject("metadata") ?? throw document.Wrong("metadata", "is missing");
        string name = metadata.GetText("name") ?? throw metadata.Wrong("name", "is missing");
        if (!KubernetesNames.IsSubdomain(name)) throw metadata.Wrong("name", $"\"{name}\" is not a DNS name (a-z, 0-9, - and .)");
        string inNamespace = metadata.GetText("namespace") is { Length: > 0 } given ? given : DefaultNamespace;
        if (!KubernetesNames.IsLabel(inNamespace))
            throw metadata.Wrong("namespace", $"\"{inNamespace}\" is not a DNS label (a-z, 0-9 and -, at most 63)");
        if (!_names.Add((resource, inNamespace, name)))
            throw metadata.Wrong("name", $"{kind} \"{name}\" is there twice in namespace \"{inNamespace}\"");

        metadata.Node["namespace"] = inNamespace;
        if (kind == "Pod") Pods.Add(PodManifest.Read(document.Named($"pod \"{name}\""), name, inNamespace));
        else Others.Add((resource, document.Node));
    }
}
