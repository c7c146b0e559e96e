using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.KubeConfig.Files;

namespace Fairlead.KubeConfig.Trust;

/// <summary>The certificate by which a user shows who it is, with its intermediates. Lives as long as the endpoint that shows it.</summary>
static class ClientCertificate
{
    /// <returns>Null where the user has none.</returns>
    /// <exception cref="KubeConfigException">Only half of it is there, or it cannot be understood.</exception>
    public static SslStreamCertificateContext? Load(UserSettings user)
    {
        byte[]? certificate = PemFile.Read(user.ClientCertificateData, user.ClientCertificateFile, "client-certificate");
        byte[]? key = PemFile.Read(user.ClientKeyData, user.ClientKeyFile, "client-key");
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null)
            throw new KubeConfigException("a user of the kubeconfig has a client-certificate or a client-key, but not both");
        return Load(certificate, key, "client-certificate with its client-key");
    }

    public static SslStreamCertificateContext Load(byte[] certificate, byte[] key, string what) =>
        PemFile.Parse(certificate, what, pem => PemFile.Parse(key, what, keyPem =>
        {
            X509Certificate2Collection chain = [];
            chain.ImportFromPem(pem);
            X509Certificate2 leaf = X509Certificate2.CreateFromPem(pem, keyPem);
            if (OperatingSystem.IsWindows())
            {
                // SChannel cannot use a key that lives only in memory
                using X509Certificate2 ephemeral = leaf;
                leaf = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
            }

            chain[0].Dispose(); // the leaf once more, without its key
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(leaf, chain, offline: true);
        }));
}
