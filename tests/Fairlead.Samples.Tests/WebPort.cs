using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace LabUsers;

/// <summary>A web server on a port of this machine, which is every pod's in a lab.</summary>
sealed class WebPort : IAsyncDisposable
{
    readonly WebApplication _application;

    WebPort(WebApplication application) => _application = application;

    internal int Number => new Uri(_application.Urls.Single()).Port;

    internal static async Task<WebPort> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication application = builder.Build();
        application.Run(static context => context.Response.WriteAsync($"{context.Request.Path} in the pod"));
        await application.StartAsync();
        return new WebPort(application);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
