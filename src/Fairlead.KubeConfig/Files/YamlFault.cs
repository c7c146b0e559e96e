using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fairlead.KubeConfig.Files;

/// <summary>What is wrong with a kubeconfig, and where. Without the parser's own words: they may quote the line, and the line may be a token.</summary>
static class YamlFault
{
    /// <summary>The keys of kubeconfigs. Only these are named: where a bracket is wrong, anything may stand in a key's place.</summary>
    static readonly HashSet<string> s_keys = new(StringComparer.Ordinal)
    {
        "apiVersion", "kind", "preferences", "current-context", "contexts", "context", "clusters", "cluster", "users", "user", "name", "namespace", "extensions",
        "server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name", "proxy-url", "disable-compression",
        "client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile", "username", "password",
        "as", "as-uid", "as-groups", "as-user-extra", "auth-provider", "exec", "command", "args", "env", "installHint", "provideClusterInfo", "interactiveMode",
    };

    /// <summary>One sentence without a full stop.</summary>
    /// <param name="text">The document.</param>
    /// <param name="fault">What reading it threw.</param>
    public static string Describe(string text, YamlException fault)
    {
        string? key;
        try
        {
            YamlStream yaml = [];
            yaml.Load(new StringReader(text));
            key = yaml.Documents.SelectMany(static document => document.AllNodes).OfType<YamlMappingNode>().SelectMany(static mapping => mapping.Children.Keys)
                .OfType<YamlScalarNode>().Where(key => key.Start.Index <= fault.Start.Index && s_keys.Contains(key.Value ?? "")).MaxBy(static key => key.Start.Index)?.Value;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return NoYaml(fault); // the library has as many kinds of exceptions for it as it has parts
        }

        return $"error in line {fault.Start.Line}: "
            + (key is null ? "this has not the form of a kubeconfig" : $"\"{key}\" has not the form that it has in a kubeconfig: a text, a list or a mapping in another's place");
    }

    /// <summary>The same where the document cannot be read at all.</summary>
    public static string NoYaml(YamlException fault) =>
        $"error in line {fault.Start.Line}: this is not YAML: an indentation, a colon, a quote or a bracket is missing there, or too much";
}
