using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Server.Access;
using Fairlead.Streaming.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Hosting;

/// <summary>The server's side of TLS: its certificate, and whose client certificates are taken.</summary>
/// <remarks>
/// What comes out of files is taken anew when they change, for handshakes and requests from then on. A handshake reads nothing: the chain
/// that is sent is made once for each certificate.
/// </remarks>
public sealed class ServerTls : IDisposable
{
    readonly ServerTlsOptions _options;
    readonly EphemeralCertificate? _ephemeral;
    readonly WatchedFiles<SslStreamCertificateContext>? _identity;
    readonly WatchedFiles<X509Certificate2Collection>? _authorities;
    readonly ClientAuthorities? _clients;

    /// <summary>Reads the files, and makes a certificate where none is given.</summary>
    /// <param name="options">Certificates and files.</param>
    /// <param name="listen">Where the server listens, for a certificate that is made.</param>
    /// <param name="name">What stands in such a certificate, for people.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">Where changes are told.</param>
    /// <exception cref="InvalidDataException">A file cannot be read or understood. The message names it.</exception>
    public ServerTls(ServerTlsOptions options, IPAddress listen, string name, TimeProvider clock, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.CertificateFile is null != options.KeyFile is null)
            throw new ArgumentException("A certificate's file and its key's belong together.", nameof(options));
        _options = options;
        try
        {
            if (options is { CertificateFile: { } certificate, KeyFile: { } key })
            {
                _identity = new(
                    "server certificate",
                    reads => PemCertificates.ReadIdentity(reads.Read(certificate), reads.Read(key), $"{certificate} with {key}"),
                    static made => [made.TargetCertificate], clock, logger);
            }
            else if (options.Certificate is null)
            {
                _ephemeral = EphemeralCertificate.Create(listen, name);
            }

            if (options.ClientAuthoritiesFile is { } file)
            {
                _authorities = new(
                    "client authorities", reads => PemCertificates.ReadAuthorities(reads.Read(file), file), static made =>
                        made, clock, logger);
            }

            if (_authorities is { } watched) _clients = new ClientAuthorities(() => watched.Current, clock);
            else if (options.ClientAuthorities is { } given) _clients = new ClientAuthorities(given, clock);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What vouches for a certificate that was made for this run, as PEM; null where one was given.</summary>
    public string? AuthorityPem => _ephemeral?.AuthorityPem;

    /// <summary>The certificate in force.</summary>
    public X509Certificate2 Certificate => _identity?.Current.TargetCertificate ?? _options.Certificate ?? _ephemeral!.Server;

    /// <summary>Sets an endpoint up. Who has no client certificate may have a token.</summary>
    public void Configure(HttpsConnectionAdapterOptions https)
    {
        ArgumentNullException.ThrowIfNull(https);
        https.ServerCertificate = Certificate;
        https.ServerCertificateChain = _options.CertificateChain;
        if (_identity is { } identity) https.OnAuthenticate = (_, handshake) => handshake.ServerCertificateContext = identity.Current;
        if (_clients is not { } clients) return;
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        https.ClientCertificateValidation = (certificate, chain, _) => clients.Vouch(certificate, chain) || _options.AcceptsStrangers;
    }

    /// <summary>The certificate that a request's connection shows.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="believed">False where it has ended, or its authority was replaced since: whoever shows it is nobody.</param>
    /// <returns>Null where it shows none.</returns>
    public X509Certificate2? CertificateOf(ConnectionInfo connection, out bool believed)
    {
        ArgumentNullException.ThrowIfNull(connection);
        X509Certificate2? certificate = connection.ClientCertificate;
        believed = certificate is null || _clients is { } clients && clients.StillVouch(certificate);
        return certificate;
    }

    /// <summary>Ends the look for changes. To be called when nobody is served any more.</summary>
    public void Dispose()
    {
        _identity?.Dispose();
        _authorities?.Dispose();
        _ephemeral?.Dispose();
    }
}
