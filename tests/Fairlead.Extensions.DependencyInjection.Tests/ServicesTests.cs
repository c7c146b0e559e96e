using Fairlead;
using Fairlead.Lab.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LabUsers; // as a program's own tests: what is below Fairlead sees the namespace Fairlead.Lab first

/// <summary>Clients in an application's services.</summary>
public sealed class ServicesTests : IAsyncLifetime
{
    readonly string _kubeconfig = Path.GetTempFileName();
    Lab _lab = null!;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await Lab.StartAsync(cancellationToken: Ct);
        await _lab.WriteKubeconfigAsync(_kubeconfig, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        File.Delete(_kubeconfig);
    }

    [Fact]
    public async Task A_client_by_options_is_one_and_is_disposed_with_its_provider()
    {
        StreamingClient client;
        await using (ServiceProvider provider = new ServiceCollection().AddFairlead(options => options.Kubeconfig = _kubeconfig).BuildServiceProvider())
        {
            client = provider.GetRequiredService<StreamingClient>();
            Assert.Same(client, provider.GetRequiredService<StreamingClient>());
            Assert.Equal("abc", (await client.RunAsync(new("demo"), ["cat"], "abc", cancellationToken: Ct)).Output);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.RunAsync(new("demo"), ["cat"], "abc", cancellationToken: Ct));
    }

    [Fact]
    public async Task A_client_by_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Fairlead:Kubeconfig", _kubeconfig), new("Fairlead:Namespace", "nowhere"), new("Fairlead:RequestTimeout", "00:00:07"),
        ]).Build();
        await using ServiceProvider provider = new ServiceCollection().AddFairlead(configuration.GetSection("Fairlead")).BuildServiceProvider();
        StreamingClient client = provider.GetRequiredService<StreamingClient>();
        Assert.Equal(("nowhere", TimeSpan.FromSeconds(7)), (client.Endpoint.DefaultNamespace, client.Endpoint.RequestTimeout));
    }

    [Fact]
    public async Task Several_clients_have_a_key_each()
    {
        IConfiguration section = new ConfigurationBuilder().AddInMemoryCollection([new("Kubeconfig", _kubeconfig), new("Namespace", "b")]).Build();
        await using ServiceProvider provider = new ServiceCollection()
            .AddFairlead("a", options => (options.Kubeconfig, options.Namespace) = (_kubeconfig, "a"))
            .AddFairlead("b", section).BuildServiceProvider();
        Assert.Equal("a", provider.GetRequiredKeyedService<StreamingClient>("a").Endpoint.DefaultNamespace);
        Assert.Equal("b", provider.GetRequiredKeyedService<StreamingClient>("b").Endpoint.DefaultNamespace);
        Assert.Null(provider.GetService<StreamingClient>());
    }

    [Fact]
    public async Task Health_is_whether_the_server_answers_and_takes_the_credentials()
    {
        ServiceCollection services = new();
        services.AddLogging().AddFairlead("lab", options => options.Kubeconfig = _kubeconfig).AddHealthChecks().AddFairlead("lab", ["ready"]);
        await using ServiceProvider provider = services.BuildServiceProvider();
        HealthCheckService health = provider.GetRequiredService<HealthCheckService>();
        HealthReport good = await health.CheckHealthAsync(Ct);
        Assert.Equal(HealthStatus.Healthy, good.Status);
        Assert.Equal(["ready"], good.Entries["fairlead-lab"].Tags);

        await _lab.DisposeAsync();
        HealthReportEntry bad = (await health.CheckHealthAsync(Ct)).Entries["fairlead-lab"];
        Assert.Equal(HealthStatus.Unhealthy, bad.Status);
        Assert.Contains("cannot be reached", bad.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_that_are_not_taken_are_told_without_them()
    {
        string text = await File.ReadAllTextAsync(_kubeconfig, Ct);
        int at = text.IndexOf("token: \"", StringComparison.Ordinal) + "token: \"".Length;
        await File.WriteAllTextAsync(_kubeconfig, text[..at] + "not-the-token-" + text[at..], Ct);
        ServiceCollection services = new();
        services.AddLogging().AddFairlead(options => options.Kubeconfig = _kubeconfig).AddHealthChecks().AddFairlead();
        await using ServiceProvider provider = services.BuildServiceProvider();
        HealthReportEntry refused = (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Ct)).Entries["fairlead"];
        Assert.Equal(HealthStatus.Unhealthy, refused.Status);
        Assert.StartsWith("the server does not take the credentials", refused.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("not-the-token", refused.Description, StringComparison.Ordinal);
    }
}
