using Fairlead.Testing;

namespace Fairlead.Files.Tests;

/// <summary>Whatever a server does to a copy, what comes out is a <see cref="FairleadException"/>.</summary>
public sealed class HostileServerTests : IDisposable
{
    readonly DirectoryInfo _here = Directory.CreateTempSubdirectory("fairlead-");

    static readonly Dictionary<string, Func<PodFiles, string, CopyOptions, CancellationToken, Task>> s_copies = new()
    {
        ["to a pod"] = static (files, here, options, token) => files.CopyToPodAsync(here + "/file", "/tmp/file", options, token),
        ["from a pod"] = static (files, here, options, token) => files.CopyFromPodAsync("/tmp/file", here + "/copy", options, token),
        ["from pod to pod"] = static (files, _, options, token) => files.CopyToAsync("/tmp/file", files, "/tmp/copy", options, token),
    };

    public static TheoryData<string> Copies => [.. s_copies.Keys];

    [Theory, Trait("Case", "D13"), MemberData(nameof(Copies))]
    public async Task Whatever_a_server_does_to_a_copy(string copy)
    {
        TimeSpan patience = TimeSpan.FromMilliseconds(300);
        CopyOptions options = new()
        {
            Retries = 1,
            AnswerTimeout = patience,
            Exec = new ExecOptions { UpgradeTimeout = patience, PingInterval = patience / 3, PingTimeout = patience },
        };
        await File.WriteAllTextAsync(_here.FullName + "/file", "abc", TestContext.Current.CancellationToken);
        foreach ((string name, Func<CannedServer> start) in HostileServers.All)
        {
            await using CannedServer server = start();
            using StreamingClient client = new(new KubernetesEndpoint(server.Url, new SocketsHttpHandler { UseProxy = false }));
            using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            bound.CancelAfter(TimeSpan.FromSeconds(5));
            Exception? thrown = await Record.ExceptionAsync(() => s_copies[copy](client.Files(new("web-0", "default", "web")), _here.FullName, options, bound.Token));
            Assert.True(thrown is FairleadException or OperationCanceledException, $"{copy}, a server that {name}: {thrown?.ToString() ?? "nothing was thrown"}");
        }
    }

    public void Dispose() => _here.Delete(recursive: true);
}
