using Fairlead.Server.Issued;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server;

/// <summary>Puts the streaming paths of a container runtime into a web application.</summary>
public static class IssuedStreamsEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Answers <c>/exec/TICKET</c>, <c>/attach/TICKET</c> and <c>/portforward/TICKET</c>, as the streaming server of a container runtime does. Whoever has a
    /// ticket is let in: it is the only proof.
    /// </summary>
    /// <param name="endpoints">The application. It should listen on loopback alone.</param>
    /// <param name="tickets">The tickets.</param>
    /// <param name="options">How; users are not looked at.</param>
    public static void MapIssuedStreams(this IEndpointRouteBuilder endpoints, StreamTickets tickets, PodsApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(tickets);
        ArgumentNullException.ThrowIfNull(options);
        IServiceProvider services = endpoints.ServiceProvider;
        IssuedStreamsHandler handler = new(
            tickets,
            options,
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Fairlead.Server.IssuedStreams"),
            services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        foreach (string kind in (string[])["exec", "attach", "portforward"]) endpoints.MapStreams(kind, "{ticket}", handler.AnswerAsync);
    }
}
