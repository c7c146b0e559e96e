using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Fairlead.Streaming.Tls;

/// <summary>Reads certificates and keys out of PEM. What is cut off in the middle is refused; no message quotes what was read.</summary>
public static class PemCertificates
{
    const string Begin = "-----BEGIN CERTIFICATE-----";

    /// <summary>Reads a certificate with its key and the intermediates behind it, as a side of TLS shows it.</summary>
    /// <param name="certificate">PEM: the certificate first, then what stands between it and its authority.</param>
    /// <param name="key">PEM: its key; may hold other things too, and may be the same text.</param>
    /// <param name="what">Whose they are, for messages: a path or an option.</param>
    /// <exception cref="InvalidDataException">It is not that, or the key is another certificate's.</exception>
    public static SslStreamCertificateContext ReadIdentity(byte[] certificate, byte[] key, string what)
    {
        string pem = Encoding.UTF8.GetString(certificate);
        X509Certificate2Collection chain = ReadAuthorities(certificate, what);
        X509Certificate2 leaf = Guard(
            what, () => X509Certificate2.CreateFromPem(pem, Encoding.UTF8.GetString(key)),
            "the key is not the certificate's, or not what PEM asks for");
        if (OperatingSystem.IsWindows())
        {
            using X509Certificate2 ephemeral = leaf; // SChannel cannot use a key that lives only in memory
            leaf = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
        }

        chain[0].Dispose(); // the leaf once more, without its key
        chain.RemoveAt(0);
        return SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }

    /// <summary>Reads all certificates of a text.</summary>
    /// <param name="bytes">PEM; what is no certificate in it is passed over.</param>
    /// <param name="what">Whose they are, for messages.</param>
    /// <exception cref="InvalidDataException">There is none, or one is not whole.</exception>
    public static X509Certificate2Collection ReadAuthorities(byte[] bytes, string what)
    {
        string pem = Encoding.UTF8.GetString(bytes);
        X509Certificate2Collection certificates = [];
        Guard(what, () =>
        {
            certificates.ImportFromPem(pem);
            return certificates;
        }, "a certificate is not what PEM asks for");
        if (certificates.Count != pem.AsSpan().Count(Begin))
            throw new InvalidDataException($"{what} cannot be understood: a certificate is cut off, or not what PEM asks for");
        return certificates.Count > 0
            ? certificates
            : throw new InvalidDataException($"{what} cannot be understood: there is no certificate in it");
    }

    static T Guard<T>(string what, Func<T> read, string fault)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"{what} cannot be understood: {fault}", e is CryptographicException ? e : null);
        }
    }
}
