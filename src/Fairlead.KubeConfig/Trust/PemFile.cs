using Fairlead.Streaming.Tls;

namespace Fairlead.KubeConfig.Trust;

/// <summary>Certificates and keys as a kubeconfig gives them: in itself, or in a file.</summary>
static class PemFile
{
    /// <returns>The bytes; null where neither is given. What is in the kubeconfig wins, as with kubectl.</returns>
    /// <exception cref="KubeConfigException">The file cannot be read.</exception>
    public static byte[]? Read(byte[]? data, string? path, string what, FileReads reads)
    {
        if (data is not null) return data;
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
