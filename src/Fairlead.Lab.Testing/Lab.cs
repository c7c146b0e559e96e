using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using Fairlead.KubeConfig.Targets;
using Fairlead.Lab.Manifests;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Lab.Testing;

/// <summary>
/// A Kubernetes pods API for a test, whose containers are local processes, and a network in front of it that does what networks do. Linux
/// only: elsewhere it says so when it is started.
/// </summary>
/// <remarks>Commands run as the user who runs the test: nothing is isolated. Disposing ends every process that was started.</remarks>
/// <example>
/// <code>
/// await using Lab lab = await Lab.StartAsync();
/// using StreamingClient client = lab.CreateClient();
/// CommandResult result = await client.RunAsync(new("demo"), ["wc", "-c"], "abc");
/// </code>
/// </example>
public sealed class Lab : IAsyncDisposable
{
    readonly LabServer _server;
    readonly FaultyNetwork _network;
    int _disposed;

    [SupportedOSPlatform("linux")]
    Lab(LabServer server)
    {
        _server = server;
        _network = new FaultyNetwork(new IPEndPoint(IPAddress.Loopback, server.Url.Port));
        Url = new UriBuilder(server.Url) { Port = _network.Port }.Uri;
    }

    /// <summary>Where clients find it: the network in front of it.</summary>
    public Uri Url { get; }

    /// <summary>The certificate to trust, as PEM.</summary>
    public string AuthorityPem => OperatingSystem.IsLinux() ? _server.AuthorityPem : throw Elsewhere();

    /// <summary>Starts the pods and serves. Returns when requests are answered.</summary>
    /// <param name="pods">Pods, and what owns them, as YAML or JSON; null for the pod <c>demo</c> with the containers <c>shell</c> and
    /// <c>web</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    /// <exception cref="FormatException"><paramref name="pods"/> cannot be read or run; the message says where and why.</exception>
    public static async Task<Lab> StartAsync(string? pods = null, CancellationToken cancellationToken = default)
    {
        if (!OperatingSystem.IsLinux()) throw Elsewhere();
        using StringReader? text = pods is null ? null : new StringReader(pods);
        return new Lab(await LabServer.StartAsync(
            new LabOptions { Pods = text is null ? null : PodManifests.Read(text) }, cancellationToken));
    }

    /// <summary>A client of it, with the rights of an administrator, that looks up pods as one of a kubeconfig does.</summary>
    /// <param name="namespace">The namespace for pods that name none.</param>
    /// <returns>The client, which the caller disposes.</returns>
    public StreamingClient CreateClient(string @namespace = "default")
    {
        if (!OperatingSystem.IsLinux()) throw Elsewhere();
        KubernetesEndpoint endpoint = new(Url, TrustingHandler())
        {
            DefaultNamespace = @namespace,
            Authorize = Authorize(_server.Users[0].Token),
        };
        return new StreamingClient(endpoint) { Finder = new TargetResolver(endpoint) };
    }

    /// <summary>Writes a kubeconfig for kubectl and for other programs, readable by its owner alone.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task WriteKubeconfigAsync(string path, CancellationToken cancellationToken = default) =>
        OperatingSystem.IsLinux() ? _server.WriteKubeconfigAsync(path, Url, cancellationToken) : throw Elsewhere();

    /// <summary>Cuts every connection that is open now by a reset, as a network that fails does. Later ones work.</summary>
    /// <returns>How many there were.</returns>
    public int CutConnections() => _network.Cut();

    /// <summary>Makes every byte later that is sent from now on, in either direction. Bytes follow one another: it costs no
    /// throughput.</summary>
    /// <param name="latency">By how much; <see cref="TimeSpan.Zero"/> for not at all.</param>
    public void Delay(TimeSpan latency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero);
        _network.Latency = latency;
    }

    /// <summary>Accepts no other transport from the next session on, as an older or a newer server does.</summary>
    /// <param name="transport">Which one; <see cref="Transport.Auto"/> for all again.</param>
    public void SpeakOnly(Transport transport)
    {
        if (!OperatingSystem.IsLinux()) throw Elsewhere();
        _server.Speak(
            [.. RemoteCommandProtocol.All.Where(form => transport == Transport.Auto || form.IsSpdy == (transport == Transport.Spdy))],
            [.. PortForwardProtocol.All.Where(form => transport == Transport.Auto || form.IsSpdy == (transport == Transport.Spdy))]);
    }

    /// <summary>Accepts no other forms of exec and attach from the next session on. Forwards stay as they are.</summary>
    /// <param name="protocols">Which.</param>
    public void SpeakOnly(params RemoteCommandProtocol[] protocols)
    {
        if (!OperatingSystem.IsLinux()) throw Elsewhere();
        ArgumentOutOfRangeException.ThrowIfZero(protocols.Length);
        _server.Speak([.. protocols], null);
    }

    SocketsHttpHandler TrustingHandler()
    {
        using X509Certificate2 authority = X509Certificate2.CreateFromPem(AuthorityPem);
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority.RawData));
        return new SocketsHttpHandler
        {
            UseProxy = false, // it is on this machine
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
        };
    }

    static Func<HttpRequestMessage, bool, CancellationToken, ValueTask> Authorize(string token) => (request, _, _) =>
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return ValueTask.CompletedTask;
    };

    static PlatformNotSupportedException Elsewhere() => new("a lab runs containers as local processes, which it can on Linux only");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        try
        {
            await _network.DisposeAsync();
        }
        finally
        {
            if (OperatingSystem.IsLinux()) await _server.DisposeAsync();
        }
    }
}
