using Fairlead.Lab.Testing;
using Fairlead.Testing;

[assembly: AssemblyFixture(typeof(LabUsers.LabFixture))]
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)] // one after another: code of the documents has this process' folder and environment

namespace LabUsers; // as a program's own tests: what is below Fairlead sees the namespace Fairlead.Lab first

/// <summary>One lab for all of them, and a folder whose kubeconfig leads to it.</summary>
public sealed class LabFixture : IAsyncLifetime
{
    /// <summary>The pods that samples and documents speak of.</summary>
    const string Pods = """
        apiVersion: v1
        kind: Pod
        metadata: {name: demo, annotations: {kubectl.kubernetes.io/default-container: shell}}
        spec:
          containers:
          - {name: shell, image: local/sh, command: [/bin/sh], stdin: true, tty: true}
          - {name: web, image: local/sh, command: [sleep, "1000000"]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web-0, labels: {app: web}}
        spec: {containers: [{name: app, image: local/sh, command: [sleep, "1000000"]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web-0, namespace: shop}
        spec: {containers: [{name: app, image: local/sh, command: [sleep, "1000000"]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db-0}
        spec: {containers: [{name: db, image: local/sh, command: [sleep, "1000000"]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db-1}
        spec: {containers: [{name: db, image: local/sh, command: [sleep, "1000000"]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: crash}
        spec:
          restartPolicy: Never
          containers:
          - {name: app, image: local/sh, command: [/bin/sh, -c, "while [ ! -e FOLDER/go ]; do sleep 0.05; done; echo 'loading'; echo 'out of luck' >&2; exit 3"]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec: {selector: {matchLabels: {app: web}}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{port: PORT, targetPort: PORT}]}
        """;

    internal string Folder { get; } = Directory.CreateTempSubdirectory("fairlead-samples-").FullName;

    internal string Kubeconfig => Path.Combine(Folder, "kubeconfig");

    internal Lab Lab { get; private set; } = null!;

    /// <summary>What listens behind the ports that documents speak of.</summary>
    internal WebPort Port { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Port = await WebPort.StartAsync();
        string port = Port.Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Lab = await Lab.StartAsync(Pods.Replace("FOLDER", Folder, StringComparison.Ordinal).Replace("PORT", port, StringComparison.Ordinal));
        await Lab.WriteKubeconfigAsync(Kubeconfig);
    }

    /// <summary>A sample as it was built.</summary>
    internal static string Program(string sample) => Path.Combine(Repository.Root, $"artifacts/bin/Sample.{sample}/release/Sample.{sample}");

    internal RunOptions Options => new()
    {
        WorkingDirectory = Folder,
        Environment = new Dictionary<string, string?> { ["KUBECONFIG"] = Kubeconfig },
    };

    /// <summary>Runs a sample to its end.</summary>
    internal Task<RunResult> RunAsync(string sample, params string[] arguments) =>
        RunningProcess.RunAsync(Program(sample), arguments, options: Options, cancellationToken: TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Lab.DisposeAsync();
        await Port.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
