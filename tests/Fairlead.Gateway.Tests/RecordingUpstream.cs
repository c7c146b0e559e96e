using System.Collections.Concurrent;
using System.Net;
using Fairlead.Client;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Gateway.Tests;

/// <summary>A server behind the gateway that notes every request and answers as the test says.</summary>
sealed class RecordingUpstream : IAsyncDisposable
{
    readonly WebApplication _application;

    RecordingUpstream(WebApplication application) => _application = application;

    public const string Reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    public ConcurrentQueue<Seen> Requests { get; } = new();

    public Uri Url { get; private set; } = null!;

    /// <summary>Answers access reviews; by default with yes.</summary>
    public RequestDelegate Review { get; set; } = static context => JsonAsync(context, 201, """{"status":{"allowed":true}}""");

    /// <summary>Answers everything else; by default with 200 and "ok".</summary>
    public RequestDelegate Other { get; set; } = static context => context.Response.WriteAsync("ok");

    /// <summary>Is there first, before the body is noted.</summary>
    public RequestDelegate? BeforeBody { get; set; }

    public IEnumerable<Seen> Others => Requests.Where(static seen => seen.Target != Reviews);

    public static async Task<RecordingUpstream> StartAsync()
    {
        RecordingUpstream? upstream = null;
        WebApplication application = StreamingHost.Build(null, static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        application.Run(context => upstream!.AnswerAsync(context));
        upstream = new RecordingUpstream(application);
        await application.StartAsync(TestContext.Current.CancellationToken);
        upstream.Url = StreamingHost.AddressesOf(application)[0];
        return upstream;
    }

    /// <summary>An endpoint of this server, with a token of its own or none.</summary>
    public KubernetesEndpoint Endpoint(string? token = null) => new(Url, new SocketsHttpHandler { UseProxy = false, UseCookies = false })
    {
        Authorize = token is null ? null : (request, _, _) =>
        {
            request.Headers.Authorization = new("Bearer", token);
            return ValueTask.CompletedTask;
        },
    };

    public static Task JsonAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(text);
    }

    async Task AnswerAsync(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (BeforeBody is not null) await BeforeBody(context);
        using StreamReader body = new(context.Request.Body);
        Dictionary<string, string> headers = context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        Requests.Enqueue(new Seen(context.Request.Method, target, headers, await body.ReadToEndAsync()));
        await (target == Reviews ? Review(context) : Other(context));
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    /// <summary>One request.</summary>
    internal sealed record Seen(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
    {
        public string? Header(string name) => Headers.GetValueOrDefault(name);
    }
}
