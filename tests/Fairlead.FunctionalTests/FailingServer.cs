using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fairlead.FunctionalTests;

/// <summary>A pods API whose runtime fails at every command: the pod <c>demo</c>, and whoever has the token.</summary>
sealed class FailingServer : IContainerRuntime, IPodCatalog, IContainer, IAsyncDisposable
{
    readonly WebApplication _application;
    readonly string _failure;

    FailingServer(string failure)
    {
        _failure = failure;
        _application = StreamingHost.Build(null, static kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1));
        _application.MapPodsApi(this, this, new PodsApiOptions { Users = [new ApiUser { Name = "u", Token = "t", Rules = [ApiRule.Everything] }] });
    }

    internal static async Task<FailingServer> StartAsync(string failure)
    {
        FailingServer server = new(failure);
        await server._application.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    internal StreamingClient CreateClient() => new(new KubernetesEndpoint(StreamingHost.AddressesOf(_application)[0], new SocketsHttpHandler())
    {
        Authorize = static (request, _, _) =>
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "t");
            return ValueTask.CompletedTask;
        },
    });

    public bool IsRunning => true;

    public Task<Status> ExecAsync(AnsweringSession session) => Task.FromResult(Status.InternalError(_failure));

    public ValueTask<IMainProcess?> FindMainProcessAsync(CancellationToken cancellationToken) => default;

    public ValueTask<IContainer?> FindAsync(FoundPod pod, string container, CancellationToken cancellationToken) => new(this);

    public ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken) => new(new CatalogSnapshot(
    [
        (JsonObject)JsonNode.Parse("""
            {"metadata": {"name": "demo", "namespace": "default"}, "spec": {"containers": [{"name": "app"}]},
             "status": {"phase": "Running", "containerStatuses": [{"name": "app", "state": {"running": {}}}]}}
            """)!,
    ], 1));

    public IAsyncEnumerable<CatalogChange> WatchAsync(string resource, long resourceVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();
}
