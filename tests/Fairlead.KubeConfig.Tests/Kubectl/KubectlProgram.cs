using System.Text.Json.Nodes;
using Fairlead.Testing;

namespace Fairlead.KubeConfig.Tests.Kubectl;

/// <summary>Runs the real kubectl, of which every rule of kubeconfigs is taken. A test without it is skipped.</summary>
static class KubectlProgram
{
    /// <summary>What it makes of the kubeconfigs that are named, as JSON; null where it refuses.</summary>
    public static async Task<JsonNode?> ViewAsync(Scratch scratch, string[] flags, string? list = null)
    {
        RunResult result = await RunAsync(scratch, ["config", "view", "--raw", "-o", "json", .. flags], list);
        return result.ExitCode == 0 ? JsonNode.Parse(result.Stdout) : null;
    }

    /// <summary>Lets it ask a server for a path.</summary>
    public static Task<RunResult> GetAsync(Scratch scratch, string[] flags, string? list = null) =>
        RunAsync(scratch, ["get", "--raw", "/version", "--cache-dir", scratch.Folder + "/cache", .. flags], list);

    static Task<RunResult> RunAsync(Scratch scratch, string[] arguments, string? list)
    {
        Peer kubectl = Peer.Find(Peer.KubectlStable);
        Assert.SkipWhen(kubectl.MissingBecause is not null, kubectl.MissingBecause ?? "");
        RunOptions options = new()
        {
            WorkingDirectory = scratch.Folder,
            Environment = new Dictionary<string, string?>
            {
                ["KUBECONFIG"] = list,
                ["HOME"] = scratch.Folder + "/home",
                ["HTTPS_PROXY"] = null,
                ["https_proxy"] = null,
            },
        };
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        return RunningProcess.RunAsync(kubectl.Program, arguments, options: options, cancellationToken: cancellationToken);
    }
}
