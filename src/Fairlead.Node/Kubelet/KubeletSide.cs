using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.Streaming.Tls;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node.Kubelet;

/// <summary>
/// One way to the kubelet, with connections of its own: with the front's credential, or with none. A kubelet believes a connection's
/// certificate before it looks at a token, so a caller's token on a connection of the front's would have the front's rights.
/// </summary>
sealed class KubeletSide : IDisposable
{
    readonly WatchedFiles<Way> _way;
    readonly KubernetesEndpoint _endpoint;
    int _generation;

    /// <param name="options">Where it is, and files.</param>
    /// <param name="isOwn">With the front's credential.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logging">Where changes of files and connections are told.</param>
    /// <exception cref="InvalidDataException">A file cannot be read or understood. The message names it.</exception>
    internal KubeletSide(KubeletOptions options, bool isOwn, TimeProvider clock, ILoggerFactory logging)
    {
        KubernetesEndpoint? endpoint = null;
        KubeletTrust? trust = options.AuthoritiesFile is { } file ? new([options.Address.IdnHost, options.NodeName], file, clock) : null;
        _way = new(
            isOwn ? "the front's credential for the kubelet" : "the kubelet's authorities", reads => Way.Read(options, isOwn, trust, reads),
            static way => way.Certificates, clock, logging.CreateLogger("Fairlead.Files"))
        {
            Taken = way =>
            {
                trust?.Take(way.Authorities);
                endpoint!.Replace(way.Handler);
                Interlocked.Increment(ref _generation);
            },
        };
        trust?.Take(_way.Current.Authorities);
        _endpoint = endpoint = new KubernetesEndpoint(options.Address, _way.Current.Handler) { Renewal = _way, Logging = logging };
        Http = new HttpMessageInvoker(endpoint.Handler, disposeHandler: false);
    }

    internal HttpMessageInvoker Http { get; }

    /// <summary>Another number once something else is shown, or believed.</summary>
    internal int Generation => Volatile.Read(ref _generation);

    /// <summary>Shows the front's token, where it has one.</summary>
    internal void Authorize(HttpRequestMessage request)
    {
        if (_way.Current.Token is { } token) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
    }

    /// <summary>
    /// Takes at once what has changed in the files: what the kubelet shows and takes may be newer than what is known of it.
    /// </summary>
    /// <param name="tried">The generation that did not do.</param>
    /// <returns>True where there is another.</returns>
    internal Task<bool> RenewAsync(int tried) => Task.Run(() => _way.TakeNow() || Generation != tried);

    public void Dispose()
    {
        Http.Dispose();
        _endpoint.Dispose();
    }

    /// <summary>What the files said.</summary>
    sealed record Way(
        SocketsHttpHandler Handler, X509Certificate2Collection Authorities, string? Token, IReadOnlyList<X509Certificate2> Certificates)
    {
        internal static Way Read(KubeletOptions options, bool isOwn, KubeletTrust? trust, FileReads reads)
        {
            SocketsHttpHandler handler = new()
            {
                UseProxy = false,
                UseCookies = false,
                ConnectTimeout = TimeSpan.FromSeconds(10),
                ActivityHeadersPropagator = null, // a request gets no header that its caller did not send
            };
            handler.SslOptions.AllowTlsResume = false; // each connection is known by what it shows itself
            X509Certificate2Collection trusted = options.AuthoritiesFile is { } file
                ? PemCertificates.ReadAuthorities(reads.Read(file), file)
                : [];
            if (trust is not null) handler.SslOptions.RemoteCertificateValidationCallback = trust.Check;
            if (!isOwn) return new Way(handler, trusted, null, []);
            string? token = options.TokenFile is { } path ? ReadToken(reads.Read(path), path) : null;
            if (options is not { CertificateFile: { } certificate, KeyFile: { } key }) return new Way(handler, trusted, token, []);
            var identity = PemCertificates.ReadIdentity(reads.Read(certificate), reads.Read(key), $"{certificate} with {key}");
            handler.SslOptions.ClientCertificateContext = identity;
            return new Way(handler, trusted, token, [identity.TargetCertificate]);
        }

        static string ReadToken(byte[] content, string path)
        {
            string token = Encoding.UTF8.GetString(content).Trim();
            return token.Length > 0 && token.All(static c => c is > ' ' and <= '~')
                ? token
                : throw new InvalidDataException($"{path} cannot be understood: a token has only printable ASCII characters and no spaces");
        }

        /// <summary>Without the token.</summary>
        public override string ToString() => nameof(Way);
    }
}
