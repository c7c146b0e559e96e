using System.Net;
using Fairlead.Testing;
using Microsoft.Extensions.Logging;

namespace Fairlead.Client.Tests;

/// <summary>What a program that hands its loggers in is told of an upgrade; the command tells the same by its own log.</summary>
[Trait("Case", "14.2")]
public sealed class LoggedUpgradeTests : IDisposable
{
    const string Secret = "planted-command";

    readonly LogRecorder _log = new();

    [Fact]
    public async Task A_server_that_does_not_answer_is_named()
    {
        await using CannedServer server = new(static _ => "");
        await Assert.ThrowsAsync<ServerUnreachableException>(() => ExecAsync(server.Url, new SocketsHttpHandler(), new() { UpgradeTimeout = TimeSpan.FromMilliseconds(300) }));
        Expect("No answer to the upgrade: the server did not answer the upgrade within 0.3 s");
    }

    [Fact]
    public async Task A_proxy_that_reaches_nobody_is_named()
    {
        await using CannedServer proxy = new(static _ => CannedServer.Answer("502 Bad Gateway"), close: true);
        using SocketsHttpHandler handler = new() { Proxy = new WebProxy(proxy.Url) };
        await Assert.ThrowsAsync<ServerUnreachableException>(() => ExecAsync(new Uri("https://cluster.example"), handler, new()));
        Expect($"the proxy http://127.0.0.1:{proxy.Url.Port} did not lead to cluster.example:443: it answered 502");
        Assert.Contains(_log.Entries, static entry => entry.Failure?.Message.Contains("502", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_fallback_is_told_with_its_reason_and_without_the_command()
    {
        await using CannedServer server = new(static _ => CannedServer.Answer("400 Bad Request", $"no websocket for {Secret} here"), close: true);
        await Assert.ThrowsAsync<UpgradeException>(() => ExecAsync(server.Url, new SocketsHttpHandler(), new()));
        Expect("The server refused the upgrade with 400");
        Expect("Falling back from WebSocket to SPDY: ");
        Expect("no websocket for [withheld] here");
    }

    [Fact]
    public async Task Loggers_reach_the_carrier()
    {
        await using CannedServer server = new(static head => CannedServer.Upgrade(head, "v5.channel.k8s.io") + "\x82\x03\x01hi", close: true);
        using StreamingClient client = Client(server.Url, new SocketsHttpHandler());
        await using RemoteProcess process = await client.ExecAsync(new("demo"), [Secret], cancellationToken: TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<IOException>(() => process.WaitForExitAsync(TestContext.Current.CancellationToken).AsTask());
        Expect("received 2 bytes at 0 on channel 1 (StandardOutput)");
        Expect("The server answered 101 Switching Protocols");
    }

    public void Dispose() => _log.Dispose();

    StreamingClient Client(Uri server, SocketsHttpHandler handler) => new(new KubernetesEndpoint(server, handler) { Logging = _log });

    async Task ExecAsync(Uri server, SocketsHttpHandler handler, ExecOptions options)
    {
        using StreamingClient client = Client(server, handler);
        await using RemoteProcess process = await client.ExecAsync(new("demo"), [Secret], options, TestContext.Current.CancellationToken);
    }

    void Expect(string words)
    {
        Assert.Contains(_log.Entries, entry => entry.Text.Contains(words, StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Entries, static entry => $"{entry.Text}{entry.Failure}".Contains(Secret, StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Entries, static entry => entry.Level > LogLevel.Warning); // a failure is its caller's, and thrown
    }
}
