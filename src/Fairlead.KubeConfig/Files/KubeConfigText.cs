using System.Text;
using Fairlead.Yaml;

namespace Fairlead.KubeConfig.Files;

/// <summary>
/// The text of a kubeconfig. What is refused of it is told by file, line and key, never by what stands there: it may be a token. So the
/// parser's own words, which may quote it, are left out.
/// </summary>
static class KubeConfigText
{
    static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the first document; kubectl looks at no other.</summary>
    /// <param name="content">What is in the file.</param>
    /// <param name="path">Its path.</param>
    /// <param name="read">Reads the document, which is empty where the file is.</param>
    /// <exception cref="KubeConfigException">The file is not a kubeconfig.</exception>
    public static T Read<T>(byte[] content, string path, Func<YamlDocument, T> read)
    {
        try
        {
            using StreamReader reader = new(new MemoryStream(content), s_utf8);
            return read(new YamlReader(reader, lastOfRepeatedKeys: true).Read() ?? YamlDocument.Empty);
        }
        catch (YamlFormatException e)
        {
            throw new KubeConfigException($"{path} is not a valid kubeconfig: {e.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw new KubeConfigException($"{path} is not a valid kubeconfig: it is not UTF-8 text");
        }
    }
}
