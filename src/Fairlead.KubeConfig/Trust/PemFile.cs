using System.Security.Cryptography;
using System.Text;

namespace Fairlead.KubeConfig.Trust;

/// <summary>Certificates and keys as a kubeconfig gives them: inline as base64, or in a file.</summary>
static class PemFile
{
    const int LargestFile = 4 * 1024 * 1024;

    /// <returns>The bytes; null where neither is given. Inline data wins, as with kubectl.</returns>
    /// <exception cref="KubeConfigException">Not base64, or the file cannot be read.</exception>
    public static byte[]? Read(string? base64, string? path, string what)
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
            if (new FileInfo(path).Length > LargestFile) throw new KubeConfigException($"{what} {path} is too large");
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{what} {path} cannot be read: {e.Message}", e);
        }
    }

    public static bool IsPem(ReadOnlySpan<byte> bytes) => bytes.IndexOf("-----BEGIN"u8) >= 0;

    /// <summary>Runs a parser; what it throws is told without quoting its input.</summary>
    public static T Parse<T>(byte[] bytes, string what, Func<string, T> parse)
    {
        try
        {
            return parse(Encoding.UTF8.GetString(bytes));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeConfigException($"{what} cannot be understood: it is not what PEM asks for", e is CryptographicException ? e : null);
        }
    }
}
