using System.Net;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Forwarding;
using Fairlead.Gateway.Operations;
using Fairlead.Gateway.Sessions;
using Fairlead.Server.Operations;
using Fairlead.Server;
using Fairlead.Server.Hosting;
using Fairlead.Streaming;
using Fairlead.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Gateway;

/// <summary>
/// Stands in front of an API server, a kubelet or another Fairlead: sessions are accepted in every version and dialled in the best that
/// the server behind takes; everything else is forwarded. Keeps nothing that a second one beside it would need to know.
/// </summary>
public sealed class GatewayServer : IAsyncDisposable
{
    /// <summary>How long sessions that were ended may take to go.</summary>
    static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(5);

    readonly UpstreamServer _upstream;
    readonly ServerTls _tls;
    readonly SessionSlots _slots;
    readonly DrainState _drain = new();
    readonly GatewayMetrics _metrics;
    readonly PrometheusText _text;
    readonly WebApplication _application;
    readonly ILogger _logger;
    readonly TimeProvider _clock;
    int _disposed;

    GatewayServer(GatewayOptions options, ServerTls tls)
    {
        (_tls, _clock) = (tls, options.Clock);
        _upstream = new UpstreamServer(options, ConnectionLost);
        _slots = new SessionSlots(options.MaxSessions, options.MaxSessionsPerCaller);
        ReviewerAbsences absences = new(options.Clock, CallerReviews.LongestPause(options.ReviewerGrace) * 2);
        _metrics = new GatewayMetrics(absences, options.Clock);
        _text = new PrometheusText(_metrics.Meter);
        _application = StreamingHost.Build(
            options.Logging, kestrel => Configure(kestrel, options), static services => services.AddHttpForwarder());
        _logger = _application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Fairlead.Gateway");
        ILogger carriers = _application.Services.GetRequiredService<ILoggerFactory>().CreateLogger(CarrierLimits.LogCategory);
        options = options with
        {
            ClientLimits = options.ClientLimits with { Logger = carriers },
            UpstreamLimits = options.UpstreamLimits with { Logger = carriers }
        };
        CreateCheck create = new(_upstream, options.Clock, absences, _logger);
        GatewayHandler handler = new(
            options, tls,
            new SessionEndpoint(options, _upstream, create, _slots, _drain, _logger),
            new ForwardEndpoint(options, _upstream, create, _drain, _logger),
            new OrdinaryRequests(
                _upstream, _application.Services.GetRequiredService<IHttpForwarder>(), options.TrustedProxies, _logger),
            new OperationsEndpoint(_text, _drain), _drain, _metrics, _logger);
        _application.Run(handler.InvokeAsync);
    }

    /// <summary>The address that clients use.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Where health and metrics are served; null where that was not asked for.</summary>
    public Uri? OperationsUrl { get; private set; }

    /// <summary>What vouches for the gateway's certificate, as PEM; null where one was given.</summary>
    public string? AuthorityPem => _tls.AuthorityPem;

    /// <summary>Sessions that run now.</summary>
    public int ActiveSessions => _slots.Taken;

    /// <summary>Starts it. Returns when requests are answered.</summary>
    /// <param name="options">What it stands in front of; its endpoints belong to the gateway from here on, also when this throws.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The address is in use.</exception>
    /// <exception cref="InvalidDataException">A certificate's, key's or authorities' file cannot be read or understood.</exception>
    public static async Task<GatewayServer> StartAsync(GatewayOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.TakesCertificates && options.Own is null)
            throw new ArgumentException(
                "Callers with certificates need the gateway's own credentials: it speaks for them by impersonation.", nameof(options));
        if (options.WithoutTls && !IPAddress.IsLoopback(options.Listen.Address))
            throw new ArgumentException("Without TLS only this machine may reach the gateway.", nameof(options));
        GatewayServer gateway = new(options, ReadTls(options));
        try
        {
            await gateway._application.StartAsync(cancellationToken);
            IReadOnlyList<Uri> addresses = StreamingHost.AddressesOf(gateway._application);
            gateway.Url = addresses[0];
            gateway.OperationsUrl = addresses.Count > 1 ? addresses[1] : null;
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    static ServerTls ReadTls(GatewayOptions options)
    {
        try
        {
            return new ServerTls(options.Tls, options.Listen.Address, "fairlead gateway", options.Clock,
                options.Logging?.CreateLogger("Fairlead.Files") ?? NullLogger.Instance);
        }
        catch
        {
            options.Upstream.Dispose();
            options.Own?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Says at <c>/readyz</c> that the gateway will end, and serves everything as before for a period: whoever sends it sessions is
    /// given the time to notice and to send the next ones elsewhere.
    /// </summary>
    /// <param name="period">How long that takes them.</param>
    /// <param name="cancellationToken">Ends the wait; what was said stays said.</param>
    public Task AnnounceEndAsync(TimeSpan period, CancellationToken cancellationToken = default)
    {
        _drain.Announce();
        Log.EndAnnounced(_logger, period);
        return Task.Delay(TimeLimit.OrForEver(period, orZero: true), _clock, cancellationToken);
    }

    /// <summary>
    /// Takes no new sessions, and waits until those that run have ended, at most for a period; those left are then told and ended.
    /// </summary>
    public async Task DrainAsync(TimeSpan period, CancellationToken cancellationToken = default)
    {
        _drain.Begin();
        Log.Draining(_logger, _slots.Taken);
        try
        {
            await _slots.WaitForNoneAsync().WaitAsync(TimeLimit.OrForEver(period, orZero: true), _clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            await _drain.EndSessionsAsync();
            // who does not read is cut
            await _slots.WaitForNoneAsync().WaitAsync(s_lastWords, _clock, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One cause, told once, however many sessions went with it; each session's own end is told as ever.</summary>
    void ConnectionLost(string why)
    {
        _metrics.ConnectionLost();
        Log.ConnectionLost(_logger, why);
    }

    void Configure(KestrelServerOptions kestrel, GatewayOptions options)
    {
        PodsApiKestrel.Configure(kestrel);
        PodsApiKestrel.AllowStreams(kestrel, 1000);
        kestrel.Listen(options.Listen, listen =>
        {
            if (options.TakesProxyProtocol) ProxyProtocol.Take(listen, options.TrustedProxies, options.Clock, () => _logger);
            if (!options.WithoutTls) listen.UseHttps(_tls.Configure);
        });
        if (options.Operations is { } operations) kestrel.Listen(operations, OperationsEndpoint.Mark);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _drain.Begin();
        await _drain.EndSessionsAsync();
        await _application.StopAsync();
        // what they tell needs what follows
        await _slots.WaitForNoneAsync().WaitAsync(s_lastWords, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _application.DisposeAsync();
        _upstream.Dispose();
        _text.Dispose();
        _metrics.Dispose();
        _tls.Dispose();
        _drain.Dispose();
    }
}
