using System.Net.Http.Headers;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Upgrades.Endpoints;
using Fairlead.Upgrades.Http;
using Fairlead.Upgrades.PortForward;
using Fairlead.Upgrades.RemoteCommand;
using Fairlead.Upgrades.Sharing;

namespace Fairlead.Upgrades;

/// <summary>
/// Makes carriers of requests to one server: what is asked for, over what the server takes. What a client, a gateway and a node share.
/// </summary>
/// <remarks>Safe for concurrent use. The endpoint stays the caller's.</remarks>
public sealed class UpgradeDialer : IDisposable
{
    readonly HttpMessageInvoker _http;
    readonly KubernetesEndpoint _endpoint;
    readonly TransportFallback _transports;
    readonly PortForwardFallback _forwards;

    /// <summary>Creates a dialer of this endpoint.</summary>
    /// <param name="endpoint">The server, and the credentials of its own that every request carries, if it has any.</param>
    /// <param name="memory">Which transport worked with which server; shared by dialers of one server.</param>
    /// <param name="credentials">The endpoint's, as they are shown on behalf of many; null to take them from the endpoint. Stays the
    /// caller's.</param>
    /// <param name="shared">Has sessions share HTTP/2 connections where the server announces that; null for what
    /// <see cref="KubernetesEndpoint.SharesConnections"/> says.</param>
    public UpgradeDialer(
        KubernetesEndpoint endpoint, ITransportMemory memory, SharedCredentials? credentials = null, SharedConnections? shared = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _http = new HttpMessageInvoker(endpoint.Handler, disposeHandler: false);
        _endpoint = endpoint;
        UpgradeHttp upgrades = new(
            endpoint, _http, credentials, shared ?? (endpoint.SharesConnections ? new SharedConnections() : null));
        _transports = new TransportFallback(endpoint, upgrades, memory);
        _forwards = new PortForwardFallback(endpoint, upgrades, memory);
    }

    /// <summary>Opens a remote command: the upgrade, and what the server says first.</summary>
    /// <param name="uri">Where, with the query.</param>
    /// <param name="request">What the query asks for.</param>
    /// <param name="options">Transport, versions and deadlines.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The session's carrier, which the caller owns, and why it did not go the first way that was thought of; null where it
    /// did.</returns>
    /// <exception cref="SessionLostException">The server accepted, and was lost before a session stood: the command may run.</exception>
    /// <inheritdoc cref="DialAsync" path="/exception"/>
    public Task<(RemoteCommandAdapter Adapter, string? FellBack)> OpenAsync(
        Uri uri, RemoteCommandRequest request, RemoteCommandOptions options, CancellationToken cancellationToken = default) =>
        _transports.OpenAsync(new RemoteCommandUpgrade(uri, request, options) { Logging = _endpoint.Logging }, cancellationToken);

    /// <summary>Asks for the upgrade alone. Never a second time once a server has accepted.</summary>
    /// <param name="uri">Where, with the query.</param>
    /// <param name="request">What the query asks for.</param>
    /// <param name="options">Transport, versions and deadlines.</param>
    /// <param name="describe">Adds headers to each try; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The connection, which the caller owns.</returns>
    /// <exception cref="UpgradeException">The server refused: nothing was started.</exception>
    /// <exception cref="ServerUnreachableException">The server could not be reached, or did not answer within
    /// <see cref="UpgradeOptions.UpgradeTimeout"/>.</exception>
    /// <exception cref="CredentialsException">The shared credentials cannot be had.</exception>
    public Task<UpgradedConnection> DialAsync(
        Uri uri, RemoteCommandRequest request, RemoteCommandOptions options, Action<HttpRequestHeaders>? describe = null,
        CancellationToken cancellationToken = default) =>
        _transports.UpgradeAsync(new RemoteCommandUpgrade(uri, request, options) { Describe = describe }, cancellationToken);

    /// <summary>Opens a way to a pod's ports.</summary>
    /// <returns>The session, which the caller owns.</returns>
    /// <inheritdoc cref="DialForwardAsync"/>
    public async Task<ForwardSession> OpenForwardAsync(
        Uri uri, int port, PortForwardOptions options, string portParameter = "ports", Action<HttpRequestHeaders>? describe = null,
        CancellationToken cancellationToken = default) =>
        (await DialForwardAsync(uri, port, options, portParameter, describe, cancellationToken)).Open();

    /// <summary>Asks for the upgrade of a port-forward alone.</summary>
    /// <param name="uri">Where to, without a query: a pod's subresource of an API server, or a kubelet's path.</param>
    /// <param name="port">A port that is going to be used; forms with channels are tried with it.</param>
    /// <param name="options">Transport, forms and deadlines.</param>
    /// <param name="portParameter">The query parameter by which forms with channels name their port: <c>ports</c>, or <c>port</c> for a
    /// kubelet.</param>
    /// <param name="describe">Adds headers to each try, of later carriers too; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <inheritdoc cref="DialAsync" path="/returns"/>
    /// <inheritdoc cref="DialAsync" path="/exception"/>
    public Task<UpgradedForward> DialForwardAsync(
        Uri uri, int port, PortForwardOptions options, string portParameter = "ports", Action<HttpRequestHeaders>? describe = null,
        CancellationToken cancellationToken = default) =>
        _forwards.DialAsync(
            new PortForwardUpgrade(uri, options) { PortParameter = portParameter, Describe = describe, Logging = _endpoint.Logging }, port,
            cancellationToken);

    /// <summary>Opens one connection, on a carrier of its own.</summary>
    /// <param name="uri">Where to, without a query: a pod's subresource, or what a container runtime gave.</param>
    /// <param name="port">The port to connect to.</param>
    /// <param name="options">Transport, forms and deadlines.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection, which the caller disposes.</returns>
    /// <exception cref="ForwardResetException">The pod refused it. Forms that do not tell throw this when the stream is read.</exception>
    /// <exception cref="SessionLostException">The connection was lost while it was opened.</exception>
    /// <inheritdoc cref="DialAsync" path="/exception"/>
    public Task<ForwardedStream> ConnectAsync(
        Uri uri, int port, PortForwardOptions options, CancellationToken cancellationToken = default) =>
        _forwards.ConnectAsync(new PortForwardUpgrade(uri, options) { Logging = _endpoint.Logging }, port, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
