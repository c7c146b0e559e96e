using System.Text.Json.Nodes;
using Fairlead.Yaml;

namespace Fairlead.Node.Host;

/// <summary>The files of a kubelet's configuration: the one, and those of its folder of drop-ins.</summary>
static class KubeletFiles
{
    /// <summary>The drop-ins of a folder that count, in the order in which they are read.</summary>
    /// <exception cref="InvalidDataException">It cannot be listed.</exception>
    public static IEnumerable<string> DropIns(HostRoot root, string folder)
    {
        try
        {
            return Directory.GetFiles(root.PathOf(folder), "*.conf").Select(path => Path.Join(folder, Path.GetFileName(path)))
                .Order(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{folder}: it cannot be listed: {e.Message}", e);
        }
    }

    /// <summary>What one file says.</summary>
    /// <exception cref="InvalidDataException">It cannot be read, or is something else. The message names it.</exception>
    public static JsonObject Read(HostRoot root, string path)
    {
        try
        {
            YamlObject read = (new YamlReader(new StringReader(root.ReadText(path))).Read() ?? YamlDocument.Empty).ToObject();
            return read.GetText("kind") is null or "KubeletConfiguration"
                ? read.Node
                : throw read.Wrong("kind", "this is no KubeletConfiguration");
        }
        catch (YamlFormatException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
