using Fairlead.Streaming.Tls;

namespace Fairlead.KubeConfig.Trust;

/// <summary>Certificates and keys as a kubeconfig gives them: inline as base64, or in a file.</summary>
static class PemFile
{
    /// <returns>The bytes; null where neither is given. Inline data wins, as with kubectl.</returns>
    /// <exception cref="KubeConfigException">Not base64, or the file cannot be read.</exception>
    public static byte[]? Read(string? base64, string? path, string what, FileReads reads)
    {
        if (base64 is not null)
        {
            try
            {
                return Convert.FromBase64String(base64);
            }
            catch (FormatException)
            {
                throw new KubeConfigException($"{what}-data in the kubeconfig is not base64"); // the inner message could quote a key
            }
        }

        if (path is null) return null;
        try
        {
            return reads.Read(path);
        }
        catch (InvalidDataException e)
        {
            throw new KubeConfigException($"{what} {e.Message}", e);
        }
    }

    public static bool IsPem(ReadOnlySpan<byte> bytes) => bytes.IndexOf("-----BEGIN"u8) >= 0;

    /// <summary>Runs a parser of PEM; what it refuses is the kubeconfig's fault.</summary>
    public static T Parse<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (InvalidDataException e)
        {
            throw new KubeConfigException(e.Message, e.InnerException);
        }
    }
}
