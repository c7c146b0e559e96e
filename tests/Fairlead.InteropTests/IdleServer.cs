using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Fairlead.InteropTests;

/// <summary>
/// A pods API in this process, whose commands are no processes: <c>idle</c> says that it has begun and waits for its client to go,
/// <c>send N</c> writes N MiB.
/// </summary>
sealed class IdleServer : IAsyncDisposable
{
    const string Token = "idle-server-token-0123456789";

    readonly WebApplication _application;
    readonly EphemeralCertificate? _certificate;
    readonly string _folder;

    IdleServer(WebApplication application, EphemeralCertificate? certificate, string folder) => (_application, _certificate, _folder) = (application, certificate, folder);

    internal string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    internal static async Task<IdleServer> StartAsync(bool isSpdy, bool isTls, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("fairlead-idle-").FullName;
        EphemeralCertificate? certificate = isTls ? EphemeralCertificate.Create(IPAddress.Loopback, "idle server") : null;
        WebApplication application = StreamingHost.Build(null, kestrel =>
        {
            PodsApiKestrel.Configure(kestrel);
            kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0), listen =>
            {
                if (certificate is not null) listen.UseHttps(certificate.Server);
            });
        });
        application.MapPodsApi(new Runtime(), new Catalog(), new PodsApiOptions
        {
            Users = [new ApiUser { Name = "load", Token = Token, Rules = [ApiRule.Everything] }],
            Protocols = [isSpdy ? RemoteCommandProtocol.SpdyV4 : RemoteCommandProtocol.V5],
        });
        IdleServer server = new(application, certificate, folder);
        try
        {
            await application.StartAsync(cancellationToken);
            string trust = certificate is null ? "" : "certificate-authority-data: " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(certificate.AuthorityPem));
            await OwnerOnlyFile.WriteAsync(server.Kubeconfig, $"""
                apiVersion: v1
                kind: Config
                current-context: load
                contexts: [{"{"} name: load, context: {"{"} cluster: load, user: load, namespace: default {"}"} {"}"}]
                clusters:
                - name: load
                  cluster:
                    server: {StreamingHost.AddressesOf(application)[0]}
                    {trust}
                users:
                - name: load
                  user: {"{"} token: {Token} {"}"}

                """, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _certificate?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    sealed class Runtime : IContainerRuntime, IContainer, IMainProcess
    {
        public bool IsRunning => true;

        public bool HasTerminal => false;

        public ValueTask<IContainer?> FindAsync(FoundPod pod, string container, CancellationToken cancellationToken) => new(this);

        public ValueTask<IMainProcess?> FindMainProcessAsync(CancellationToken cancellationToken) => new(this);

        public Task<Status> AttachAsync(AnsweringSession session) => throw new NotSupportedException();

        public Task WriteLogAsync(ContainerLogQuery query, PipeWriter output, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task<Status> ExecAsync(AnsweringSession session)
        {
            if (session.Request.Command is ["send", var mebibytes]) return await SendAsync(session.StandardOutput, int.Parse(mebibytes, null));
            TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
            using CancellationTokenRegistration lost = session.Lost.UnsafeRegister(static gone => ((TaskCompletionSource)gone!).SetResult(), gone);
            await session.StandardOutput.WriteAsync("begun\n"u8.ToArray());
            await gone.Task;
            return Status.InternalError("the client has gone");
        }

        static async Task<Status> SendAsync(PipeWriter output, int mebibytes)
        {
            for (int i = 0; i < mebibytes * 32; i++)
            {
                Memory<byte> memory = output.GetMemory(32 * 1024);
                output.Advance(Math.Min(memory.Length, 32 * 1024));
                if ((await output.FlushAsync()).IsCompleted) break;
            }

            return Status.Success;
        }
    }

    sealed class Catalog : IPodCatalog
    {
        public ValueTask<CatalogSnapshot> ListAsync(string resource, CancellationToken cancellationToken) => new(new CatalogSnapshot(resource != "pods" ? [] :
        [
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "demo", ["namespace"] = "default", ["resourceVersion"] = "1" },
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "main" }) },
                ["status"] = new JsonObject { ["phase"] = "Running" },
            },
        ], 1));

        public async IAsyncEnumerable<CatalogChange> WatchAsync(string resource, long resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            yield break;
        }
    }
}
