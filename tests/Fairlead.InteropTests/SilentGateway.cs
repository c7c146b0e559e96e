[assembly: AssemblyFixture(typeof(Fairlead.InteropTests.SilentGateway))]

namespace Fairlead.InteropTests;

/// <summary>
/// A gateway through which a kubectl watches a pod and another follows its log, and nothing comes for 150 s. It begins with the assembly, so that
/// the other tests run meanwhile.
/// </summary>
public sealed class SilentGateway : IAsyncLifetime
{
    LabProcess? _lab;
    GatewayProcess? _gateway;

    /// <summary>Why it is not there; null when it is.</summary>
    internal string? MissingBecause { get; private set; }

    /// <summary><c>kubectl get -w</c>.</summary>
    internal RunningProcess Watch { get; private set; } = null!;

    /// <summary><c>kubectl logs -f</c>.</summary>
    internal RunningProcess Log { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        CommandLineClient kubectl = CommandLineClient.Find(Peer.KubectlNewest);
        MissingBecause = kubectl.MissingBecause;
        if (MissingBecause is not null) return;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3)); // the first start may build the command
        string manifest = Path.Combine(Path.GetTempPath(), $"fairlead-silent-{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(manifest, """
            apiVersion: v1
            kind: Pod
            metadata: {name: silent}
            spec:
              restartPolicy: Never
              containers: [{name: main, command: [sh, -c, 'echo first; sleep 150; echo second; exit 3']}]
            """, patience.Token);
        try
        {
            _lab = await LabProcess.StartAsync(["--pods", manifest], patience.Token);
            _gateway = await GatewayProcess.StartAsync(_lab.Kubeconfig, cancellationToken: patience.Token);
            string[] arguments = ["--kubeconfig", _gateway.Kubeconfig, "--cache-dir", Path.Combine(_lab.Folder, "cache")];
            RunOptions options = new() { Environment = kubectl.Environment(_gateway.Kubeconfig) };
            Watch = RunningProcess.Start(kubectl.Program, [.. arguments, "get", "pod", "silent", "--watch", "--no-headers"], options);
            Log = RunningProcess.Start(kubectl.Program, [.. arguments, "logs", "silent", "--follow"], options);
        }
        finally
        {
            File.Delete(manifest);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Watch is not null) await Watch.DisposeAsync();
        if (Log is not null) await Log.DisposeAsync();
        if (_gateway is not null) await _gateway.DisposeAsync();
        if (_lab is not null) await _lab.DisposeAsync();
    }
}
