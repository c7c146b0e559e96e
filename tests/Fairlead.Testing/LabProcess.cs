namespace Fairlead.Testing;

/// <summary>A <c>fairlead lab</c> as a child process, with a kubeconfig of its own in a folder that goes with it.</summary>
public sealed class LabProcess : IAsyncDisposable
{
    readonly RunningProcess _process;

    LabProcess(RunningProcess process, string folder, Uri server)
    {
        _process = process;
        Folder = folder;
        Server = server;
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Its address.</summary>
    public Uri Server { get; }

    /// <summary>A folder for this lab's files and the tests' own; deleted at the end.</summary>
    public string Folder { get; }

    /// <summary>The kubeconfig that it wrote.</summary>
    public string Kubeconfig => Path.Combine(Folder, "kubeconfig");

    /// <summary>What it has said on standard error so far.</summary>
    public string Log => _process.Stderr.Text;

    /// <summary>Starts one and waits until it is ready.</summary>
    /// <param name="arguments">Further arguments, for instance <c>--pods FILE</c>.</param>
    /// <param name="cancellationToken">Ends the wait and the process.</param>
    public static Task<LabProcess> StartAsync(IEnumerable<string>? arguments = null, CancellationToken cancellationToken = default) =>
        StartAsync([Repository.Command], "127.0.0.1:0", arguments ?? [], cancellationToken);

    /// <summary>Starts one elsewhere, for instance in another network namespace.</summary>
    /// <param name="command">The command, with what runs it there in front.</param>
    /// <param name="listen">Where it listens.</param>
    /// <param name="arguments">Further arguments.</param>
    /// <param name="cancellationToken">Ends the wait and the process.</param>
    public static Task<LabProcess> StartAsync(IReadOnlyList<string> command, string listen, IEnumerable<string> arguments, CancellationToken cancellationToken = default) =>
        StartAsync(command, listen, arguments, new RunOptions(), cancellationToken);

    /// <summary>Starts one in another environment.</summary>
    /// <param name="command">The command, with what runs it elsewhere in front.</param>
    /// <param name="listen">Where it listens.</param>
    /// <param name="arguments">Further arguments.</param>
    /// <param name="options">How it starts.</param>
    /// <param name="cancellationToken">Ends the wait and the process.</param>
    public static async Task<LabProcess> StartAsync(
        IReadOnlyList<string> command, string listen, IEnumerable<string> arguments, RunOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        string folder = Directory.CreateTempSubdirectory("fairlead-lab-").FullName;
        RunningProcess process = RunningProcess.Start(
            command[0], [.. command.Skip(1), "lab", "--listen", listen, "--write-kubeconfig", Path.Combine(folder, "kubeconfig"), .. arguments], options);
        try
        {
            string ready = await process.Stdout!.LineAsync("ready ", TimeSpan.FromMinutes(10), cancellationToken);
            string address = ready.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            return new LabProcess(process, folder, new Uri(address));
        }
        catch (EndOfStreamException e)
        {
            int code = await process.WaitForExitAsync(cancellationToken);
            await EndAsync(process, folder);
            throw new InvalidOperationException($"The lab ended with code {code} before it was ready:\n{process.Stderr.Text}", e);
        }
        catch
        {
            await EndAsync(process, folder);
            throw;
        }
    }

    /// <summary>Writes a kubeconfig that reaches this lab through a proxy on loopback.</summary>
    /// <returns>Its path.</returns>
    public string KubeconfigThrough(FaultProxy proxy)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        string path = Path.Combine(Folder, $"kubeconfig-{proxy.Port}");
        string text = File.ReadAllText(Kubeconfig);
        string changed = text.Replace(Server.Authority, $"127.0.0.1:{proxy.Port}", StringComparison.Ordinal);
        if (changed == text) throw new InvalidDataException($"The kubeconfig does not name {Server.Authority}.");
        File.WriteAllText(path, changed);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    /// <summary>A proxy in front of this lab.</summary>
    public FaultProxy Behind(FaultProxyOptions? options = null) => new(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, Server.Port), options);

    /// <summary>Writes a file of random bytes for commands in the lab's pods to print.</summary>
    /// <returns>Its path and its SHA-256.</returns>
    public async Task<(string Path, string Sha256)> WriteRandomFileAsync(string name, long length, ulong seed, CancellationToken cancellationToken = default)
    {
        string path = Path.Combine(Folder, name);
        using RandomByteStream bytes = new(length, seed);
        await using FileStream file = File.Create(path);
        await bytes.CopyToAsync(file, 1 << 20, cancellationToken);
        return (path, bytes.Sha256);
    }

    /// <summary>Ends it and its pods at once.</summary>
    public void Kill() => _process.KillTree();

    /// <summary>Sends a signal to it alone, as <c>kill</c> does.</summary>
    /// <returns>False when it has ended already.</returns>
    public bool Signal(int number) => _process.Signal(number);

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code; 128 plus the number of a signal that ended it.</returns>
    public Task<int> WaitForExitAsync(CancellationToken cancellationToken = default) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Asks it to end (SIGTERM).</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> TerminateAsync(CancellationToken cancellationToken = default) => _process.TerminateAsync(cancellationToken);

    static async Task EndAsync(RunningProcess process, string folder)
    {
        await process.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource patience = new(Eventually.Patience);
        try
        {
            await TerminateAsync(patience.Token);
        }
        finally
        {
            await EndAsync(_process, Folder);
        }
    }
}
