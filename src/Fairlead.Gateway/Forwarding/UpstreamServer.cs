using System.Net.Http.Headers;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Sessions;
using Fairlead.Upgrades;
using Fairlead.Upgrades.Endpoints;
using Fairlead.Upgrades.Sharing;

namespace Fairlead.Gateway.Forwarding;

/// <summary>
/// The server behind, in two forms that never share a connection: without credentials, for callers who bring their own, and with the
/// gateway's, for callers whom it has authenticated itself.
/// </summary>
sealed class UpstreamServer : IDisposable
{
    static readonly UriCreationOptions s_asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    readonly Side _plain;
    readonly Side? _own;
    readonly string _prefix;

    /// <param name="options">Where it is.</param>
    /// <param name="connectionLost">Told of each connection that was lost with several sessions on it; null for nobody.</param>
    internal UpstreamServer(GatewayOptions options, Action<string>? connectionLost = null)
    {
        TransportMemory memory = new(options.Clock);
        SharedConnections? shared = options.UpstreamSharesConnections ? new(options.Clock) { Lost = connectionLost } : null;
        _plain = new Side(options.Upstream, memory, shared);
        _own = options.Own is null ? null : new Side(options.Own, memory, shared);
        _prefix = options.Upstream.Server.GetLeftPart(UriPartial.Path).TrimEnd('/');
    }

    internal bool IsSecure => _plain.Endpoint.Server.Scheme == Uri.UriSchemeHttps;

    /// <summary>The address of a target of the gateway's, byte for byte as it was asked for.</summary>
    internal Uri Locate(string target) => new(_prefix + target, in s_asItIs);

    internal HttpMessageInvoker HttpFor(Caller caller) => SideFor(caller).Http;

    internal UpgradeDialer DialerFor(Caller caller) => SideFor(caller).Dialer;

    /// <summary>Puts the gateway's own credentials, where it speaks for the caller, and the caller's on a request.</summary>
    /// <exception cref="CredentialsException">The gateway's own cannot be had.</exception>
    internal async ValueTask AuthorizeAsync(HttpRequestMessage request, Caller caller, bool renew, CancellationToken cancellationToken)
    {
        Side side = SideFor(caller);
        bool wasRefused = Interlocked.Exchange(ref side.WasRefused, false);
        await side.Credentials.AuthorizeAsync(request, renew || wasRefused, cancellationToken);
        Show(request.Headers, caller);
    }

    /// <summary>
    /// The credentials that a caller's request carried were refused, and it could not be sent again: the next one fetches them anew.
    /// </summary>
    internal void RenewBeforeNext(Caller caller) => SideFor(caller).WasRefused = true;

    /// <summary>
    /// Adds the headers that name the caller, after the gateway's own credentials. Impersonation headers that those credentials set are
    /// replaced by the caller's.
    /// </summary>
    /// <param name="headers">The headers of a request to it.</param>
    /// <param name="caller">Who is shown.</param>
    /// <param name="session">The session that is asked for, whose trace is named too; null for any other request.</param>
    internal static void Show(HttpRequestHeaders headers, Caller caller, SessionRecord? session = null)
    {
        foreach (string name in headers.Select(static header => header.Key)
            .Where(static name => name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)).ToArray())
            headers.Remove(name);
        foreach ((string name, string value) in caller.Shown()) headers.TryAddWithoutValidation(name, value);
        session?.PassTrace(headers);
    }

    Side SideFor(Caller caller) => !caller.IsImpersonated ? _plain
        : _own ?? throw new InvalidOperationException("A caller with a certificate needs the gateway's own credentials.");

    public void Dispose()
    {
        _plain.Dispose();
        _own?.Dispose();
    }

    sealed class Side : IDisposable
    {
        internal bool WasRefused;

        internal Side(KubernetesEndpoint endpoint, TransportMemory memory, SharedConnections? shared)
        {
            Endpoint = endpoint;
            Http = new HttpMessageInvoker(endpoint.Handler, disposeHandler: false);
            Credentials = new SharedCredentials(endpoint);
            Dialer = new UpgradeDialer(endpoint, memory, Credentials, shared);
        }

        internal KubernetesEndpoint Endpoint { get; }

        internal SharedCredentials Credentials { get; }

        internal HttpMessageInvoker Http { get; }

        internal UpgradeDialer Dialer { get; }

        public void Dispose()
        {
            Credentials.Dispose();
            Dialer.Dispose();
            Http.Dispose();
            Endpoint.Dispose();
        }
    }
}
