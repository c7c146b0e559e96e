using System.Text.RegularExpressions;

namespace Fairlead.InteropTests.Windows;

/// <summary>The command built for Windows, a wine that runs it, and a lab behind plain HTTP. Built once for the class; a minute or two.</summary>
public sealed partial class WindowsFixture(LabFixture lab) : IAsyncLifetime
{
    readonly Peer _wine = Peer.Find(Peer.Wine);
    PlainFront? _front;

    /// <summary>Why nothing can be run; null where it can.</summary>
    internal string? Missing => _wine.MissingBecause;

    internal LabProcess Lab => lab.Lab;

    internal string Wine => Path.Combine(_wine.Folder, "wine");

    internal static string Program => Path.Combine(Repository.Root, "artifacts", "windows", "fairlead.exe");

    /// <summary>What the lab wants of its administrator.</summary>
    internal string Token { get; private set; } = "";

    internal string Kubeconfig => Path.Combine(Lab.Folder, "plain.kubeconfig");

    public async ValueTask InitializeAsync()
    {
        if (!Repository.IsFull || Missing is not null) return;
        RunResult built = await RunningProcess.RunAsync("dotnet", ["publish", "src/Fairlead.Cli", "-c", "Release", "-r", "win-x64", "-nologo", "-v", "q", "-nodeReuse:false",
            "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false", $"-p:ArtifactsPath={Repository.Root}/artifacts/windows-work", "-o", Path.GetDirectoryName(Program)!]);
        Assert.True(built.ExitCode == 0, built.ToString());
        Token = TokenLine().Match(await File.ReadAllTextAsync(Lab.Kubeconfig)).Groups[1].Value;
        _front = new PlainFront(Lab.Server.Port, Token);
        await File.WriteAllTextAsync(Kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            current-context: plain
            clusters: [{name: plain, cluster: {server: "http://127.0.0.1:{{{_front.Port}}}"}}]
            contexts: [{name: plain, context: {cluster: plain, user: nobody}}]
            users: [{name: nobody, user: {}}]
            """);
    }

    /// <summary>A path of this machine as that Windows names it.</summary>
    internal static string There(string path) => "Z:" + path.Replace('/', '\\');

    internal RunOptions Options => new() { Environment = new Dictionary<string, string?> { ["KUBECONFIG"] = There(Kubeconfig) } };

    internal Task<RunResult> RunAsync(string[] arguments, ReadOnlyMemory<byte>? input = null) =>
        RunningProcess.RunAsync(Wine, [Program, .. arguments], input, Options, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_front is null) return;
        await _front.DisposeAsync();
        await RunningProcess.RunAsync(Wine, ["wineserver", "-k"]); // of this wine's own folder, and no other
        await RunningProcess.RunAsync(Wine, ["wineserver", "-w"]);
    }

    [GeneratedRegex("token: \"([^\"]+)\"")]
    private static partial Regex TokenLine();
}
