using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Lab;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.FunctionalTests;

/// <summary>The library's client of a lab in this process.</summary>
static class LabClient
{
    /// <summary>Trusts the lab's certificate and is its first user.</summary>
    internal static StreamingClient Create(Uri url, LabServer lab, string @namespace = "default", ILoggerFactory? logging = null)
    {
        using X509Certificate2 authority = X509Certificate2.CreateFromPem(lab.AuthorityPem);
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority.RawData));
        string token = lab.Users[0].Token;
        return new StreamingClient(new KubernetesEndpoint(url, new SocketsHttpHandler { UseProxy = false, SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } })
        {
            DefaultNamespace = @namespace,
            Logging = logging ?? NullLoggerFactory.Instance,
            Authorize = (message, _, _) =>
            {
                message.Headers.Authorization = new("Bearer", token);
                return ValueTask.CompletedTask;
            },
        });
    }
}
