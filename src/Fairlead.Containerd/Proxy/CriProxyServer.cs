using System.Net;
using System.Net.Sockets;
using Fairlead.Server;
using Fairlead.Server.Hosting;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Containerd.Proxy;

/// <summary>
/// A CRI socket in front of a runtime's: every call passes as it is, but those for exec, attach and port-forward, which are answered with URLs of
/// this server. So a kubelet, crictl and whoever else is behind it need no SPDY with the runtime.
/// </summary>
public sealed class CriProxyServer : IAsyncDisposable
{
    /// <summary>Watches are silent for as long as nothing happens; deadlines are the calls' own.</summary>
    static readonly ForwarderRequestConfig s_forwarding = new() { ActivityTimeout = Timeout.InfiniteTimeSpan, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    readonly CriProxyOptions _options;
    readonly CriRuntime _runtime;
    readonly ILoggerFactory _logging;
    readonly HttpMessageInvoker _behind;
    readonly WebApplication _application;
    readonly StreamCalls _calls;
    int _disposed;

    CriProxyServer(CriProxyOptions options, CriRuntime runtime, ILoggerFactory logging)
    {
        (_options, _runtime, _logging) = (options, runtime, logging);
        StreamTickets tickets = new(options.Runtime.Clock);
        _calls = new StreamCalls(runtime, tickets);
        SocketsHttpHandler handler = options.Cri.CreateHandler();
        handler.ActivityHeadersPropagator = null; // a call gets no header that its caller did not send
        _behind = new HttpMessageInvoker(handler);
        _application = StreamingHost.Build(options.Logging, Configure, services =>
        {
            services.AddHttpForwarder();
            StreamingHost.GoOnInline(services);
            services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = Bind);
        }, static (category, _) => category?.StartsWith("Fairlead.", StringComparison.Ordinal) == true); // the framework's own categories show tickets
        IHttpForwarder forwarder = _application.Services.GetRequiredService<IHttpForwarder>();
        _application.MapWhen(static context => context.Connection.LocalIpAddress is null, calls => calls.Run(context => _calls.Answer(context) ?? ForwardAsync(forwarder, context)));
        _application.MapIssuedStreams(tickets, new PodsApiOptions { Users = [], Limits = options.Limits with { InlineReaders = true } }); // what reads here is asynchronous
    }

    /// <summary>The runtime behind.</summary>
    public CriRuntime Runtime => _runtime;

    /// <summary>Where streams are had.</summary>
    public Uri Streams => _calls.Streams!;

    /// <summary>Connects to the runtime and serves. Returns when calls are answered.</summary>
    /// <exception cref="IOException">The runtime does not answer, somebody else serves the socket, it cannot be made, or the streams would not be on loopback.</exception>
    public static async Task<CriProxyServer> StartAsync(CriProxyOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!IPAddress.IsLoopback(options.Streams.Address)) throw new IOException($"streams on {options.Streams.Address} would be reachable from other machines, and whoever has a URL is let in: use a loopback address");
        ILoggerFactory logging = LoggerFactory.Create(builder =>
        {
            if (options.Logging is not null) builder.AddProvider(options.Logging);
        });
        CriRuntime? runtime = null;
        CriProxyServer? proxy = null;
        try
        {
            runtime = await CriRuntime.ConnectAsync(options.Cri, options.Runtime, logging, cancellationToken);
            proxy = new CriProxyServer(options, runtime, logging);
            await proxy._application.StartAsync(cancellationToken);
            proxy._calls.Streams = new Uri(proxy._application.Urls.First());
            return proxy;
        }
        catch
        {
            if (proxy is not null)
            {
                await proxy.DisposeAsync();
            }
            else
            {
                if (runtime is not null) await runtime.DisposeAsync();
                logging.Dispose();
            }

            throw;
        }
    }

    void Configure(KestrelServerOptions kestrel)
    {
        PodsApiKestrel.Configure(kestrel);
        kestrel.Limits.MaxRequestBodySize = null; // a call's limit is the runtime's
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null; // a watch may be silent
        kestrel.Limits.KeepAliveTimeout = TimeSpan.MaxValue; // the runtime ends no idle connection either
        kestrel.Limits.Http2.MaxStreamsPerConnection = int.MaxValue; // each call that waits is one
        kestrel.Limits.Http2.InitialConnectionWindowSize = 1 << 20;
        kestrel.Limits.Http2.InitialStreamWindowSize = 1 << 20;
        kestrel.Listen(_options.Streams, static listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.ListenUnixSocket(_options.Listen.Path, static listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(static next => connection => AuthorityRewrite.RunAsync(connection, next));
        });
    }

    Socket Bind(EndPoint endPoint) => endPoint is UnixDomainSocketEndPoint
        ? SocketAccess.Of(_options.Cri.Path).Bind(_options.Listen.Path)
        : SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);

    async Task ForwardAsync(IHttpForwarder forwarder, HttpContext context)
    {
        ForwarderError error = await forwarder.SendAsync(context, "http://localhost", _behind, s_forwarding, HttpTransformer.Default);
        if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested) return;
        context.Response.Clear();
        Exception? failure = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        if (ResetOf(failure) is { } code)
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(code);
            return;
        }

        string why = (failure as UnreachableSocketException ?? failure?.InnerException as UnreachableSocketException ?? failure)?.Message ?? error.ToString();
        UnaryCall.Refuse(context, new RpcException(new Status(StatusCode.Unavailable, $"the container runtime at {_options.Cri} does not answer: {why}")));
    }

    /// <summary>The codes by which a server resets one call, rather than that it lost the connection: a deadline that is over, a call that it has no room for (RFC 9113 section 7).</summary>
    static int? ResetOf(Exception? failure) => failure switch
    {
        HttpProtocolException { ErrorCode: 0x7 or 0x8 } reset => (int)reset.ErrorCode,
        null => null,
        _ => ResetOf(failure.InnerException),
    };

    /// <summary>Ends every stream and every call, and takes the socket away.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        bool served = _calls.Streams is not null;
        await _application.StopAsync();
        await _application.DisposeAsync();
        if (served) File.Delete(_options.Listen.Path);
        _behind.Dispose();
        await _runtime.DisposeAsync();
        _logging.Dispose();
    }
}
