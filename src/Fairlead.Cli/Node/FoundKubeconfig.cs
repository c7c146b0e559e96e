using System.Runtime.Versioning;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;
using Fairlead.Yaml;

namespace Fairlead.Cli.Node;

/// <summary>A kubeconfig that was found and not named: nobody has said that its programs may be run, which would be as root.</summary>
[SupportedOSPlatform("linux")]
static class FoundKubeconfig
{
    /// <summary>Refuses one whose users have credential plugins.</summary>
    /// <param name="root">The machine.</param>
    /// <param name="path">Where it was found; null for none.</param>
    /// <returns>The path.</returns>
    /// <exception cref="UsageException">It has one, or cannot be read.</exception>
    public static string? WithoutPlugins(HostRoot root, string? path)
    {
        if (path is null || !root.HasFile(path)) return path;
        try
        {
            using StringReader text = new(root.ReadText(path));
            YamlObject file = (new YamlReader(text, lastOfRepeatedKeys: true).Read() ?? YamlDocument.Empty).ToObject();
            return file.GetObjects("users").Any(static user => user.GetObjectOrEmpty("user").Node.ContainsKey("exec"))
                ? throw new UsageException(
                    $"the kubelet's kubeconfig, {path}, runs a program for its credentials: if that program may be run as root, name the " +
                    $"kubeconfig by --authorization-kubeconfig {path}")
                : path;
        }
        catch (Exception e) when (e is YamlFormatException or InvalidDataException)
        {
            throw new UsageException($"the kubelet's kubeconfig, {path}, cannot be read: {e.Message}");
        }
    }
}
