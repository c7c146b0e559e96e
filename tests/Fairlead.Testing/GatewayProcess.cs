namespace Fairlead.Testing;

/// <summary>A <c>fairlead gateway</c> as a child process, in front of a lab, with a kubeconfig of its own in a folder that goes with it.</summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    readonly RunningProcess _process;
    readonly string _folder;

    GatewayProcess(RunningProcess process, string folder, Uri server) => (_process, _folder, Server) = (process, folder, server);

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Its address.</summary>
    public Uri Server { get; }

    /// <summary>The kubeconfig that it wrote.</summary>
    public string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    /// <summary>What it has said on standard error so far: its log and its audit.</summary>
    public string Log => _process.Stderr.Text;

    /// <summary>Starts one and waits until it is ready.</summary>
    /// <param name="upstreamKubeconfig">What it stands in front of.</param>
    /// <param name="arguments">Further arguments.</param>
    /// <param name="cancellationToken">Ends the wait and the process.</param>
    public static Task<GatewayProcess> StartAsync(string upstreamKubeconfig, IEnumerable<string>? arguments = null, CancellationToken cancellationToken = default) =>
        StartAsync(upstreamKubeconfig, [], new RunOptions(), arguments, cancellationToken);

    /// <summary>Starts one by another command or in another environment, and waits until it is ready.</summary>
    /// <param name="upstreamKubeconfig">What it stands in front of.</param>
    /// <param name="runner">The command that runs it, as <c>ip netns exec NAME</c>; empty for none.</param>
    /// <param name="options">How it starts.</param>
    /// <param name="arguments">Further arguments.</param>
    /// <param name="cancellationToken">Ends the wait and the process.</param>
    public static async Task<GatewayProcess> StartAsync(
        string upstreamKubeconfig, IReadOnlyList<string> runner, RunOptions options, IEnumerable<string>? arguments = null, CancellationToken cancellationToken = default)
    {
        string folder = Directory.CreateTempSubdirectory("fairlead-gateway-").FullName;
        string[] command =
        [
            .. runner, Repository.Command, "gateway", "--listen", "127.0.0.1:0", "--upstream-kubeconfig", upstreamKubeconfig,
            "--write-kubeconfig", Path.Combine(folder, "kubeconfig"), .. arguments ?? [],
        ];
        RunningProcess process = RunningProcess.Start(command[0], command[1..], options);
        try
        {
            string ready = await process.Stdout!.LineAsync("ready ", TimeSpan.FromMinutes(5), cancellationToken);
            return new GatewayProcess(process, folder, new Uri(ready.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
        }
        catch
        {
            await EndAsync(process, folder);
            throw;
        }
    }

    /// <summary>Waits until so many lines of its log and audit hold a text.</summary>
    public Task LinesAsync(string part, int count, CancellationToken cancellationToken = default) => Eventually.HoldsAsync(
        () => Log.Split('\n').Count(line => line.Contains(part, StringComparison.Ordinal)) >= count, $"{count} lines with '{part}'", cancellationToken: cancellationToken);

    /// <summary>Sends a signal to it alone.</summary>
    /// <returns>False when it has ended already.</returns>
    public bool Signal(int number) => _process.Signal(number);

    /// <summary>Asks it to end (SIGTERM).</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> TerminateAsync(CancellationToken cancellationToken = default) => _process.TerminateAsync(cancellationToken);

    static async Task EndAsync(RunningProcess process, string folder)
    {
        await process.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(EndAsync(_process, _folder));
}
