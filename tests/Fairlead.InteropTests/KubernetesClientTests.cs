using System.Text;
using k8s;

namespace Fairlead.InteropTests;

/// <summary>The official .NET client, which speaks v4 with a default of its own for nearly everything, against the lab. That it stands beside
/// Fairlead.KubeConfig in one project is a test of its own: they have no type in common.</summary>
[Trait("Case", "D3")]
public sealed class KubernetesClientTests(LabFixture fixture)
{
    [Fact(Timeout = 60_000)]
    public async Task Finds_the_pod()
    {
        using Kubernetes client = Connect();

        k8s.Models.V1Pod pod = await client.ReadNamespacedPodAsync("demo", "default", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("Running", pod.Status.Phase);
        Assert.Contains(pod.Spec.Containers, container => container.Name == "shell");
    }

    [Fact(Timeout = 60_000)]
    public async Task Runs_a_command_and_reads_its_exit_code()
    {
        using Kubernetes client = Connect();
        string output = "", errors = "";

        int code = await client.NamespacedPodExecAsync("demo", "default", "shell", ["sh", "-c", "echo out; echo err >&2; exit 7"], false,
            async (_, stdout, stderr) =>
            {
                Task<string> reading = ReadAsync(stdout);
                errors = await ReadAsync(stderr);
                output = await reading;
            }, TestContext.Current.CancellationToken);

        Assert.Equal((7, "out\n", "err\n"), (code, output, errors));
    }

    [Fact(Timeout = 60_000)]
    public async Task Sends_input()
    {
        using Kubernetes client = Connect();
        string output = "";

        int code = await client.NamespacedPodExecAsync("demo", "default", "shell", ["head", "-n", "1"], false,
            async (stdin, stdout, _) =>
            {
                await stdin.WriteAsync("one line\nand more\n"u8.ToArray(), TestContext.Current.CancellationToken);
                output = await ReadAsync(stdout);
            }, TestContext.Current.CancellationToken);

        Assert.Equal((0, "one line\n"), (code, output));
    }

    /// <summary>It offers v4 alone.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData("websocket/v5")]
    [InlineData("spdy/v4")]
    public async Task Reaches_what_it_does_not_speak_through_a_gateway(string accepted)
    {
        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", accepted], TestContext.Current.CancellationToken);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.Kubeconfig, cancellationToken: TestContext.Current.CancellationToken);
        using Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(gateway.Kubeconfig));
        string output = "";

        int code = await client.NamespacedPodExecAsync("demo", "default", "shell", ["sh", "-c", "head -n 1; exit 7"], false,
            async (stdin, stdout, _) =>
            {
                await stdin.WriteAsync("one line\nand more\n"u8.ToArray(), TestContext.Current.CancellationToken);
                output = await ReadAsync(stdout);
            }, TestContext.Current.CancellationToken);

        Assert.Equal((7, "one line\n"), (code, output));
    }

    Kubernetes Connect() => new(KubernetesClientConfiguration.BuildConfigFromConfigFile(fixture.Lab.Kubeconfig));

    static async Task<string> ReadAsync(Stream stream)
    {
        using StreamReader reader = new(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
