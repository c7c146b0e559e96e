using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Containerd;
using Fairlead.Server;
using Fairlead.Server.Hosting;
using Fairlead.Server.Issued;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Node.CriProxy;

/// <summary>
/// A CRI socket in front of a runtime's: every call passes as it is, but those for exec, attach and port-forward, which are answered with
/// URLs of this server. So a kubelet, crictl and whoever else is behind it need no SPDY with the runtime.
/// </summary>
public sealed class CriProxyServer : IAsyncDisposable
{
    const int LongestMessage = 16 * 1024 * 1024; // as containerd takes

    /// <summary>
    /// For ever. The longest span that there is does not mean it here: added to the clock's ticks it overflows, and every connection is
    /// over at the web server's next look.
    /// </summary>
    static readonly TimeSpan s_noLimit = TimeSpan.FromDays(3650);

    /// <summary>Watches are silent for as long as nothing happens; deadlines are the calls' own.</summary>
    static readonly ForwarderRequestConfig s_forwarding = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact
    };

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
            services.AddSingleton(_calls);
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<StreamCalls>, StreamCallMethods>());
            services.AddGrpc(
                static grpc =>
                (grpc.IgnoreUnknownServices, grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (true, LongestMessage, LongestMessage));
            StreamingHost.GoOnInline(services);
            services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = Bind);
        });
        IHttpForwarder forwarder = _application.Services.GetRequiredService<IHttpForwarder>();
        _application.Use((context, next) => RouteAsync(context, next, forwarder));
        _application.MapGrpcService<StreamCalls>();
        // what reads here is asynchronous
        _application.MapIssuedStreams(tickets, new PodsApiOptions { Users = [], Limits = options.Limits with { InlineReaders = true } });
    }

    /// <summary>The runtime behind.</summary>
    public CriRuntime Runtime => _runtime;

    /// <summary>Where streams are had.</summary>
    public Uri Streams => _calls.Streams!;

    /// <summary>Connects to the runtime and serves. Returns when calls are answered.</summary>
    /// <exception cref="IOException">The runtime does not answer, somebody else serves the socket, it cannot be made, or the streams would
    /// not be on loopback.</exception>
    public static async Task<CriProxyServer> StartAsync(CriProxyOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!IPAddress.IsLoopback(options.Streams.Address))
            throw new IOException(
            $"streams on {options.Streams.Address} would be reachable from other machines, and whoever has a URL is let in: use a " +
            "loopback address");
        ILoggerFactory logging = LoggerFactory.Create(builder =>
        {
            builder.SetMinimumLevel(LogLevel.Trace); // what is told is the provider's choice
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
        kestrel.Limits.KeepAliveTimeout = s_noLimit; // the runtime ends no idle connection either
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

    /// <summary>
    /// The three calls belong to the socket, tickets to the streaming server, and everything else at the socket to the runtime.
    /// </summary>
    Task RouteAsync(HttpContext context, RequestDelegate next, IHttpForwarder forwarder)
    {
        bool atSocket = context.Connection.LocalIpAddress is null,
            isOurs = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;
        if (atSocket == isOurs) return next(context);
        if (atSocket) return ForwardAsync(forwarder, context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

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

        string why = (failure as UnreachableSocketException ?? failure?.InnerException as UnreachableSocketException ?? failure)?.Message
            ?? error.ToString();
        Refuse(context.Response, StatusCode.Unavailable, $"the container runtime at {_options.Cri} does not answer: {why}");
    }

    /// <summary>A status without a message, as gRPC has it: in the headers, its text escaped.</summary>
    static void Refuse(HttpResponse response, StatusCode code, string detail)
    {
        response.ContentType = "application/grpc";
        response.Headers.GrpcStatus = ((int)code).ToString(CultureInfo.InvariantCulture);
        response.Headers.GrpcMessage = Uri.EscapeDataString(detail);
    }

    /// <summary>
    /// The codes by which a server resets one call, rather than that it lost the connection: a deadline that is over, a call that it has no
    /// room for (RFC 9113 section 7).
    /// </summary>
    static int? ResetOf(Exception? failure) => failure switch
    {
        HttpProtocolException { ErrorCode: 0x7 or 0x8 } reset => (int)reset.ErrorCode,
        null => null,
        // both directions failed
        AggregateException several => several.InnerExceptions.Select(ResetOf).FirstOrDefault(static code => code is not null),
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
