using System.Globalization;
using Fairlead.Containerd.Cri;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fairlead.Testing.Containerd;

/// <summary>
/// A containerd of its own: root, state, sockets and cgroup apart from any other's on the machine. Disposing ends every pod that it
/// still holds, whoever made it, and leaves no process, mount or file.
/// </summary>
public sealed class ContainerdProcess : IAsyncDisposable
{
    const string Booted = "containerd successfully booted";

    static readonly Method<byte[], byte[]> s_imageStatus = RawGrpc.Method(MethodType.Unary, "runtime.v1.ImageService", "ImageStatus");

    readonly GrpcChannel _channel;
    RunningProcess _process;
    bool _isDisposed;

    ContainerdProcess(RunningProcess process, ContainerdFolder folder)
    {
        _process = process;
        Folder = folder;
        _channel = RawGrpc.Connect(folder.Socket);
        Runtime = new RuntimeService.RuntimeServiceClient(_channel);
    }

    /// <summary>Why none can be started here; null when one can.</summary>
    public static string? MissingBecause => MissingBecauseOf(Peer.Containerd);

    /// <summary>The same of one version.</summary>
    /// <param name="peer">The peer that it is.</param>
    public static string? MissingBecauseOf(string peer) =>
        Peer.Find(peer).MissingBecause ?? (Capabilities.MayMount ? null : "containerd: needs root and the right to mount, which this user has not");

    /// <summary>The process id of containerd itself.</summary>
    public int Id => _process.Id;

    /// <summary>The Unix socket at which the CRI, and containerd's own API, are served.</summary>
    public string Socket => Folder.Socket;

    /// <summary>Where its files are, and where a test may put its own; deleted at the end.</summary>
    public ContainerdFolder Folder { get; }

    /// <summary>The CRI, for what is not offered here.</summary>
    public RuntimeService.RuntimeServiceClient Runtime { get; }

    /// <summary>What it logged so far.</summary>
    public string Log => _process.Stderr.Text;

    /// <summary>Starts one, with the busybox image imported.</summary>
    /// <exception cref="InvalidOperationException">It cannot run here, or did not start; says why.</exception>
    public static Task<ContainerdProcess> StartAsync(CancellationToken cancellationToken = default) => StartAsync(Peer.Containerd, cancellationToken);

    /// <summary>Starts one version, with the busybox image imported.</summary>
    /// <inheritdoc cref="StartAsync(CancellationToken)" path="/exception"/>
    public static async Task<ContainerdProcess> StartAsync(string peer, CancellationToken cancellationToken = default)
    {
        if (MissingBecauseOf(peer) is { } reason) throw new InvalidOperationException(reason);
        ContainerdFolder folder = ContainerdFolder.Create(Peer.Find(peer));
        ContainerdProcess? containerd = null;
        try
        {
            containerd = new ContainerdProcess(Run(folder), folder);
            await containerd._process.Stderr.ContainsAsync(Booted, cancellationToken);
            await containerd.ImportAsync(folder.ImageFile, cancellationToken);
            return containerd;
        }
        catch
        {
            if (containerd is not null) await containerd.DisposeAsync();
            else folder.Delete();
            throw;
        }
    }

    /// <summary>Imports the images of an archive.</summary>
    /// <param name="archive">The archive, in Docker's form or OCI's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">It was not imported; says why.</exception>
    public async Task ImportAsync(string archive, CancellationToken cancellationToken = default)
    {
        RunResult import = await RunningProcess.RunAsync(
            Path.Combine(Folder.Programs, "ctr"), ["--address", Socket, "--namespace", "k8s.io", "images", "import", "--snapshotter", "native", archive],
            cancellationToken: cancellationToken);
        if (import.ExitCode != 0) throw new InvalidOperationException($"The image was not imported: {import}");
        foreach (string image in await ImagesAsync(cancellationToken))
            await Eventually.HoldsAsync(() => IsKnownAsync(image, cancellationToken), $"the CRI knows {image}", cancellationToken: cancellationToken);
    }

    async Task<string[]> ImagesAsync(CancellationToken cancellationToken)
    {
        RunResult list = await RunningProcess.RunAsync(
            Path.Combine(Folder.Programs, "ctr"), ["--address", Socket, "--namespace", "k8s.io", "images", "list", "--quiet"], cancellationToken: cancellationToken);
        return list.ExitCode == 0
            ? list.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvalidOperationException($"The images were not listed: {list}");
    }

    /// <summary>The CRI hears of an image that was imported beside it some time later, and until then would pull it.</summary>
    async Task<bool> IsKnownAsync(string image, CancellationToken cancellationToken)
    {
        byte[] request = RawGrpc.Field(1, RawGrpc.Field(1, image)); // ImageStatusRequest.image.image
        byte[] response = await _channel.CreateCallInvoker().AsyncUnaryCall(s_imageStatus, null, new CallOptions(cancellationToken: cancellationToken), request);
        return response.AsSpan().StartsWith((ReadOnlySpan<byte>)[1 << 3 | 2]); // ImageStatusResponse.image, which is left out of one that is not known
    }

    /// <summary>Ends containerd itself and starts it anew. Its containers go on meanwhile, as they do when it is upgraded.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        await StopAsync(cancellationToken: cancellationToken);
        await StartAgainAsync(cancellationToken);
    }

    /// <summary>Ends containerd itself; its containers go on.</summary>
    /// <param name="kill">At once, and not in order.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task StopAsync(bool kill = false, CancellationToken cancellationToken = default)
    {
        const int Kill = 9;
        if (kill) _process.Signal(Kill);
        await _process.TerminateAsync(cancellationToken);
        await _process.DisposeAsync();
    }

    /// <summary>Starts it after <see cref="StopAsync"/>.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        _process = Run(Folder);
        await _process.Stderr.ContainsAsync(Booted, cancellationToken);
    }

    /// <summary>Sends a signal to containerd itself.</summary>
    public void Signal(int number) => _process.Signal(number);

    static RunningProcess Run(ContainerdFolder folder)
    {
        // runc and the shim are looked for on the PATH
        RunOptions options = new() { Environment = new Dictionary<string, string?> { ["PATH"] = $"{folder.Programs}:{Environment.GetEnvironmentVariable("PATH")}" } };
        return RunningProcess.Start(Path.Combine(folder.Programs, "containerd"), ["--config", folder.Configuration], options);
    }

    /// <summary>Runs a pod of one container and waits until both run.</summary>
    /// <param name="options">What it is like; null for one that sleeps.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Grpc.Core.RpcException">It did not start; says why.</exception>
    public async Task<ContainerdPod> RunPodAsync(ContainerdPodOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        NamespaceMode network = options.OwnNetwork ? NamespaceMode.Pod : NamespaceMode.Node;
        PodSandboxConfig sandbox = new()
        {
            Metadata = new() { Name = options.Name, Namespace = options.Namespace, Uid = Guid.NewGuid().ToString() },
            LogDirectory = Folder.Logs(options.Name),
            Labels = { ["io.kubernetes.pod.name"] = options.Name, ["io.kubernetes.pod.namespace"] = options.Namespace },
            Linux = new() { CgroupParent = Folder.CgroupParent, SecurityContext = new() { NamespaceOptions = new() { Network = network } } },
        };
        ContainerConfig container = new()
        {
            Metadata = new() { Name = options.Container },
            Image = new() { Image = options.Image },
            Command = { options.Command },
            Args = { options.Arguments },
            Mounts = { options.Mounts.Select(static mount => new Mount { HostPath = mount.Host, ContainerPath = mount.Container }) },
            LogPath = string.Create(CultureInfo.InvariantCulture, $"{options.Container}/0.log"),
            Stdin = options.Stdin,
            StdinOnce = options.StdinOnce,
            Tty = options.Tty,
            WorkingDir = options.WorkingDirectory ?? "",
            Labels = { ["io.kubernetes.container.name"] = options.Container },
            Linux = new() { SecurityContext = new() { NamespaceOptions = new() { Network = network, Pid = NamespaceMode.Container } } },
        };

        options.Security?.Invoke(container.Linux.SecurityContext);
        string sandboxId = (await Runtime.RunPodSandboxAsync(new() { Config = sandbox }, cancellationToken: cancellationToken)).PodSandboxId;
        CreateContainerResponse created = await Runtime.CreateContainerAsync(
            new() { PodSandboxId = sandboxId, Config = container, SandboxConfig = sandbox }, cancellationToken: cancellationToken);
        await Runtime.StartContainerAsync(new() { ContainerId = created.ContainerId }, cancellationToken: cancellationToken);
        return new ContainerdPod(options.Namespace, options.Name, options.Container, sandboxId, created.ContainerId);
    }

    /// <summary>Asks for an exec session.</summary>
    /// <returns>The address at which it is had: good once, and for a minute.</returns>
    public async Task<Uri> ExecAsync(ExecRequest request, CancellationToken cancellationToken = default) =>
        new((await Runtime.ExecAsync(request, cancellationToken: cancellationToken)).Url);

    async Task RemovePodsAsync(CancellationToken cancellationToken)
    {
        ListPodSandboxResponse pods = await Runtime.ListPodSandboxAsync(new(), cancellationToken: cancellationToken);
        foreach (PodSandbox pod in pods.Items)
        {
            await Runtime.StopPodSandboxAsync(new() { PodSandboxId = pod.Id }, cancellationToken: cancellationToken);
            await Runtime.RemovePodSandboxAsync(new() { PodSandboxId = pod.Id }, cancellationToken: cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return; // a fixture that did not come up may be disposed by itself and by its framework
        _isDisposed = true;
        using CancellationTokenSource patience = new(Eventually.Patience);
        try
        {
            if (!_process.HasExited && Log.Contains(Booted, StringComparison.Ordinal)) await RemovePodsAsync(patience.Token);
            await _process.TerminateAsync(patience.Token);
        }
        finally
        {
            _channel.Dispose();
            await _process.DisposeAsync();
            // what a failed removal, or a containerd that was killed, left
            await Folder.EndShimsAsync();
            Folder.Delete();
        }
    }
}
