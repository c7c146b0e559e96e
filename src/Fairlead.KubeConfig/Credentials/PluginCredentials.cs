using System.Net.Http.Headers;
using Fairlead.KubeConfig.Files;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>Credentials of a plugin, kept until shortly before they expire or a server refuses them. Safe for concurrent use.</summary>
sealed class PluginCredentials : CredentialSource
{
    /// <summary>Fetched anew this long before their end, so that they do not end on the way to the server.</summary>
    static readonly TimeSpan _margin = TimeSpan.FromMinutes(1);

    /// <summary>
    /// What was given this short a time ago is the best that the plugin has, also where it ends soon or has ended: by another clock than
    /// the server's, perhaps. Only a refusal asks for another one.
    /// </summary>
    static readonly TimeSpan _justNow = TimeSpan.FromSeconds(10);

    readonly PluginRunner _runner;
    readonly TimeProvider _time;
    readonly Lock _lock = new();
    PluginRun? _run;
    volatile PluginCredential? _current;

    PluginCredentials(PluginRunner runner, TimeProvider time)
    {
        _runner = runner;
        _time = time;
    }

    public static PluginCredentials Create(
        PluginSettings settings, ClusterSettings cluster, SocketsHttpHandler handler, KubeConfigOptions options)
    {
        PluginCredentials credentials = new(new PluginRunner(settings, cluster, options), options.Time);

        // A plugin may answer with a client certificate, and a new one after a 401. A pooled connection would go on showing the old
        // one, so that none is pooled; a program that runs a plugin does not count handshakes.
        handler.PooledConnectionIdleTimeout = TimeSpan.Zero;
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => credentials._current?.Certificate!;
        return credentials;
    }

    /// <inheritdoc/>
    public override async ValueTask<AuthenticationHeaderValue?> GetAsync(bool renew, CancellationToken cancellationToken)
    {
        PluginCredential? seen = _current;
        if ((renew || !IsFresh(seen)) && JoinRun(seen) is { } run) await run.WaitAsync(cancellationToken);
        return _current?.Token is { } token ? Bearer(token, "the credential plugin") : null;
    }

    /// <inheritdoc/>
    public override string? Doubt => _current is { Expires: { } end } && end <= _time.GetUtcNow()
        ? _runner.About($"gave credentials that have expired already, at {end:u}")
        : null;

    /// <summary>The run that goes on, or a new one; null where somebody else's has brought a new credential meanwhile.</summary>
    PluginRun? JoinRun(PluginCredential? seen)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(_current, seen) && IsFresh(_current)) return null;
            if (_run is null || !_run.TryJoin()) _run = new PluginRun(async abandoned => _current = await _runner.RunAsync(abandoned));
            return _run;
        }
    }

    bool IsFresh(PluginCredential? credential) =>
        credential is not null && (credential.Expires is not { } expires || _time.GetUtcNow() is var now
            && (now < expires - _margin || now < credential.Given + _justNow));
}
