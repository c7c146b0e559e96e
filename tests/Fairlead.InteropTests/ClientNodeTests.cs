using System.Text.Json.Nodes;

namespace Fairlead.InteropTests;

/// <summary>The JavaScript client, which speaks v5 with half-close, against the lab.</summary>
public sealed class ClientNodeTests(LabFixture fixture)
{
    [Fact(Timeout = 60_000)]
    public async Task Input_ends_without_ending_the_session()
    {
        JsonNode result = await ExecAsync("abc", ["wc", "-c"], TestContext.Current.CancellationToken);

        Assert.Equal("v5.channel.k8s.io", (string?)result["protocol"]);
        Assert.Equal("3", ((string?)result["stdout"])?.Trim());
        Assert.Equal("Success", (string?)result["status"]?["status"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_exit_code_and_both_outputs_arrive()
    {
        JsonNode result = await ExecAsync("", ["sh", "-c", "echo out; echo err >&2; exit 7"], TestContext.Current.CancellationToken);

        Assert.Equal("out\n", (string?)result["stdout"]);
        Assert.Equal("err\n", (string?)result["stderr"]);
        Assert.Equal("NonZeroExitCode", (string?)result["status"]?["reason"]);
        Assert.Equal("7", (string?)result["status"]?["details"]?["causes"]?[0]?["message"]);
    }

    Task<JsonNode> ExecAsync(string input, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        Peer peer = Peer.Find(Peer.ClientNode);
        Assert.SkipWhen(peer.MissingBecause is not null, peer.MissingBecause ?? "");
        return ExecAsync(peer, fixture.Lab.Kubeconfig, input, command, cancellationToken);
    }

    internal static async Task<JsonNode> ExecAsync(Peer peer, string kubeconfig, string input, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "ClientNode", "exec.mjs");
        RunResult result = await RunningProcess.RunAsync(
            "node", [script, peer.Folder, kubeconfig, input, .. command], cancellationToken: cancellationToken);
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonNode.Parse(result.Stdout)!;
    }
}
