using Fairlead.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.KubeConfig.Tests;

/// <summary>A credential plugin has a time limit of its own, or none while it talks to a person; nobody else's deadline ends it.</summary>
[Trait("Case", "C20")]
public sealed class PluginTimeTests : IDisposable
{
    readonly Scratch _scratch = new();
    readonly LogRecorder _logged = new();
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    static CancellationToken Ending => TestContext.Current.CancellationToken;

    /// <summary>An endpoint whose plugin says that it runs, waits for a word, and then gives a token.</summary>
    KubernetesEndpoint Load(bool interactive = false, TimeSpan? limit = null)
    {
        _scratch.WriteScript("bin/asking", $$$"""
            echo $$ >> {{{_scratch.Folder}}}/pids
            [ -p {{{_scratch.Folder}}}/word ] || /usr/bin/mkfifo {{{_scratch.Folder}}}/word
            : > {{{_scratch.Folder}}}/asks
            read word < {{{_scratch.Folder}}}/word
            printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$word"
            """);
        string user = "exec:\n  apiVersion: client.authentication.k8s.io/v1\n  command: asking\n  interactiveMode: IfAvailable";
        return KubeConfigEndpoint.Load(new KubeConfigOptions
        {
            Path = _scratch.Write("config", Kubeconfigs.Single("server: https://localhost:1", user)),
            Environment = Kubeconfigs.Environment(("PATH", _scratch.Folder + "/bin")),
            Time = _time,
            Interactive = interactive,
            PluginTimeout = limit,
            Logging = _logged,
        });
    }

    Task AsksAsync() => Eventually.HoldsAsync(() => File.Exists(_scratch.Folder + "/asks"), "the plugin asks for its word", cancellationToken: Ending);

    async Task<string> AuthorizeAsync(KubernetesEndpoint endpoint, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new();
        await endpoint.Authorize!(request, false, cancellationToken);
        return request.Headers.Authorization!.ToString();
    }

    Task AnswerAsync() => File.WriteAllTextAsync(_scratch.Folder + "/word", "secret\n", Ending);

    string[] Pids => File.ReadAllLines(_scratch.Folder + "/pids");

    Task GoneAsync() => Eventually.HoldsAsync(
        () => Pids.All(static pid => !File.Exists($"/proc/{pid}/stat") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal)),
        "the plugin has ended", cancellationToken: Ending);

    [Fact]
    public async Task Who_talks_to_a_person_has_all_the_time()
    {
        using KubernetesEndpoint endpoint = Load(interactive: true);
        Task<string> asking = AuthorizeAsync(endpoint, Ending);
        await AsksAsync();
        _time.Advance(TimeSpan.FromDays(1));
        await AnswerAsync();
        Assert.Equal("Bearer secret", await asking);
    }

    [Theory]
    [InlineData(false, null, 600)]
    [InlineData(true, 90, 90)]
    public async Task Its_own_limit_ends_it_and_names_it(bool interactive, int? limit, int seconds)
    {
        using KubernetesEndpoint endpoint = Load(interactive, limit is { } value ? TimeSpan.FromSeconds(value) : null);
        Task<string> asking = AuthorizeAsync(endpoint, Ending);
        await AsksAsync();
        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.False(asking.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        KubeConfigException late = await Assert.ThrowsAsync<KubeConfigException>(() => asking);
        Assert.Equal($"the credential plugin \"asking\" gave nothing within {seconds} s and was ended", late.Message);
        await GoneAsync();
    }

    [Fact]
    public async Task Who_gives_up_waiting_does_not_end_it_for_others_and_the_last_does()
    {
        using KubernetesEndpoint endpoint = Load();
        using CancellationTokenSource first = CancellationTokenSource.CreateLinkedTokenSource(Ending), last = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        Task<string> leaving = AuthorizeAsync(endpoint, first.Token), staying = AuthorizeAsync(endpoint, Ending);
        await AsksAsync();
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        await AnswerAsync();
        Assert.Equal("Bearer secret", await staying);
        Assert.Single(Pids);

        File.Delete(_scratch.Folder + "/asks");
        using HttpRequestMessage again = new();
        Task renewing = endpoint.Authorize!(again, true, last.Token).AsTask();
        await AsksAsync();
        await last.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => renewing);
        await GoneAsync();
        Assert.Single(_logged.Entries, static entry => entry.Text.Contains("nobody waits for it any more", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _scratch.Dispose();
        _logged.Dispose();
    }
}
