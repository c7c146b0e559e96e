using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Gateway;

/// <summary>The certificates that are given in files.</summary>
static class TlsFiles
{
    /// <summary>The certificate with its key, the rest of its file, and the file's text.</summary>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain, string Pem) ReadServer(string certificate, string key) => Read("--tls-cert and --tls-key", () =>
    {
        string pem = File.ReadAllText(certificate);
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(pem);
        if (chain.Count > 0)
        {
            chain[0].Dispose(); // the first once more, without its key
            chain.RemoveAt(0);
        }

        return (X509Certificate2.CreateFromPem(pem, File.ReadAllText(key)), chain, pem);
    });

    public static X509Certificate2Collection ReadAuthorities(string path) => Read("--client-ca", () =>
    {
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPemFile(path);
        return authorities.Count > 0 ? authorities : throw new UsageException($"--client-ca: {path} holds no certificate");
    });

    static T Read<T>(string option, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CryptographicException)
        {
            throw new UsageException($"{option}: the file is not what PEM asks for"); // its own words could quote a key
        }
        catch (ArgumentException)
        {
            throw new UsageException($"{option}: the key is not the certificate's");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option}: {e.Message}");
        }
    }
}
