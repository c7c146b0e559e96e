using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Hosting;

/// <summary>
/// A web application inside somebody else's process: it reads no configuration, handles no signals and logs where it is told.
/// </summary>
/// <remarks>Only our own categories are logged: the framework's show queries, which hold commands, and paths, which hold tickets.</remarks>
public static class StreamingHost
{
    /// <summary>Builds it; not started yet.</summary>
    /// <param name="logging">Where it logs; nowhere for null.</param>
    /// <param name="configure">Endpoints and limits.</param>
    /// <param name="services">Adds services; null for none.</param>
    public static WebApplication Build(
        ILoggerProvider? logging, Action<KestrelServerOptions> configure, Action<IServiceCollection>? services = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddFilter(static (category, _) => category?.StartsWith("Fairlead.", StringComparison.Ordinal) == true);
        if (logging is not null) builder.Logging.AddProvider(logging);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>(); // signals are the caller's business, not a library's
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        services?.Invoke(builder.Services);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, TransportBlocks>(); // behind Kestrel's own, which it replaces
        builder.Services.AddSingleton<IConnectionListenerFactory, SocketListenerFactory>(); // the last one is asked first
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(configure);
        return builder.Build();
    }

    /// <summary>
    /// For <see cref="Build"/>: what arrives is handled on the thread that received it, and what is written is sent by the one that writes.
    /// For a server of which no part blocks a thread, and whose idle connections may cost a buffer each.
    /// </summary>
    public static void GoOnInline(IServiceCollection services) =>
        services.Configure<SocketTransportOptions>(static sockets => sockets.UnsafePreferInlineScheduling = true);

    /// <summary>Where a started application is reached from this machine, in the order of its endpoints.</summary>
    public static IReadOnlyList<Uri> AddressesOf(WebApplication application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return [.. application.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.Select(static text => Reachable(new Uri(text)))];
    }

    static Uri Reachable(Uri bound)
    {
        bool any = IPAddress.TryParse(bound.Host.Trim('[', ']'), out IPAddress? ip)
            && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));
        return any ? new UriBuilder(bound) { Host = ip!.AddressFamily == AddressFamily.InterNetworkV6 ? "[::1]" : "127.0.0.1" }.Uri : bound;
    }

    sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
