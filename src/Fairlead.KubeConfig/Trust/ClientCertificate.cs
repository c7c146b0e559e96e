using System.Net.Security;
using Fairlead.KubeConfig.Files;
using Fairlead.Streaming.Tls;

namespace Fairlead.KubeConfig.Trust;

/// <summary>The certificate by which a user shows who it is, with its intermediates. Lives as long as the handler that shows it.</summary>
static class ClientCertificate
{
    /// <returns>Null where the user has none.</returns>
    /// <exception cref="KubeConfigException">Only half of it is there, or it cannot be understood.</exception>
    public static SslStreamCertificateContext? Load(UserSettings user, FileReads reads)
    {
        byte[]? certificate = PemFile.Read(user.ClientCertificateData, user.ClientCertificateFile, "client-certificate", reads);
        byte[]? key = PemFile.Read(user.ClientKeyData, user.ClientKeyFile, "client-key", reads);
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null)
            throw new KubeConfigException("a user of the kubeconfig has a client-certificate or a client-key, but not both");
        string what = user.ClientCertificateData is null ? "client-certificate " + user.ClientCertificateFile : "client-certificate-data";
        return Load(certificate, key, what + " with its client-key");
    }

    public static SslStreamCertificateContext Load(byte[] certificate, byte[] key, string what) =>
        PemFile.Parse(() => PemCertificates.ReadIdentity(certificate, key, what));
}
