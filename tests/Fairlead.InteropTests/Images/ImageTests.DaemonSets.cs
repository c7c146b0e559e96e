using Fairlead.Containerd.Cri;
using Fairlead.Testing.Containerd;
using k8s.Models;

namespace Fairlead.InteropTests.Images;

/// <summary>What the DaemonSets that change a node do from the image.</summary>
public sealed partial class ImageTests
{
    /// <summary>
    /// The DaemonSet's own words, in a container that has nothing but the command, at a node's root that is the image's files: there it is placed,
    /// tried out by entering that root, and taken away at the container's end.
    /// </summary>
    [Fact(Timeout = 120_000)]
    public async Task A_front_is_put_on_a_node_from_it_and_taken_away_when_the_container_ends()
    {
        string secrets = Directory.CreateDirectory(Path.Combine(image.Containerd.Folder.Root, "secrets")).FullName, node = await image.CopyFilesAsync("node", Ct);
        await File.WriteAllTextAsync(Path.Combine(secrets, "token"), "the-pods-own", Ct);
        await StayAsync(new()
        {
            Overlay = "node",
            Root = node,
            Before = "kind: KubeletConfiguration\nmaxPods: 7\n",
            Meanwhile = "address: 127.0.0.1\nkind: KubeletConfiguration\nmaxPods: 7\n",
            Files = ["usr/local/bin/fairlead-node", "etc/fairlead/token"],
            LastWords = "uninstalled: the kubelet has its addresses back",
            Mounts = [(secrets, "/var/run/secrets/fairlead")],
            Arguments = ["--authorization-kubeconfig=/etc/kubernetes/kubelet.conf"], // no kubelet runs there, off which it could be read
            Look = async () => Assert.Equal("the-pods-own", await File.ReadAllTextAsync(Path.Combine(node, "etc/fairlead/token"), Ct)),
        });
    }

    /// <summary>The same of the CRI proxy's DaemonSet: unit, program and the kubelet's endpoint, and all of it back.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_CRI_proxy_is_put_on_a_node_from_it_and_taken_away_when_the_container_ends()
    {
        _ = image.Containerd;
        string node = await image.CopyFilesAsync("cri-node", Ct), unit = "etc/systemd/system/fairlead-cri-proxy.service";
        await StayAsync(new()
        {
            Overlay = "cri-proxy",
            Root = node,
            Before = "kind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n",
            Meanwhile = "kind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/fairlead/cri.sock\n",
            Files = ["usr/local/bin/fairlead-cri-proxy", unit],
            LastWords = "uninstalled: the kubelet asks unix:///run/containerd/containerd.sock itself",
            Mounts = [],
            Arguments = ["--config=/var/lib/kubelet/config.yaml"], // no kubelet runs there that would say where it is
            Look = async () => Assert.Contains(
                "/usr/local/bin/fairlead-cri-proxy cri-proxy --listen unix:///run/fairlead/cri.sock --cri unix:///run/containerd/containerd.sock", await File.ReadAllTextAsync(Path.Combine(node, unit), Ct), StringComparison.Ordinal),
        });
    }

    /// <summary>Runs a DaemonSet's container from the image, and holds what the machine is like while it runs and after its end.</summary>
    async Task StayAsync(Stay stay)
    {
        ContainerdProcess containerd = image.Containerd;
        string kubelet = Path.Combine(Directory.CreateDirectory(Path.Combine(stay.Root, "var/lib/kubelet")).FullName, "config.yaml");
        await File.WriteAllTextAsync(kubelet, stay.Before, Ct);
        V1Container wanted = (await Deploy.Overlay.LoadAsync(stay.Overlay)).Of<V1DaemonSet>().Single().Spec.Template.Spec.Containers.Single();
        string[] more = ["--holder=fairlead-x7k2p"];
        ContainerdPod pod = await containerd.RunPodAsync(
            new()
            {
                Name = $"{stay.Overlay}-{Guid.NewGuid():N}"[..20],
                Image = ImageFixture.Name,
                Command = [],
                Arguments = [.. wanted.Args.Select(static word => word.Replace("$(NODE_NAME)", "worker-1", StringComparison.Ordinal)), .. more, .. stay.Arguments],
                Mounts = [(stay.Root, "/host"), .. stay.Mounts],
                Security = static security =>
                {
                    security.RunAsUser = new() { Value = 0 };
                    security.ReadonlyRootfs = true;
                },
            }, Ct);
        string log = Path.Combine(containerd.Folder.Logs(pod.Name), pod.Container, "0.log");
        await Eventually.HoldsAsync(() => File.Exists(log) && (File.ReadAllText(log).Contains("ready: ", StringComparison.Ordinal) || pod.CommandLines().Count == 0), "it is there", cancellationToken: Ct);
        Assert.Contains($"ready: the {(stay.Overlay == "node" ? "front" : "CRI proxy")} is here", await File.ReadAllTextAsync(log, Ct), StringComparison.Ordinal);
        Assert.Equal(stay.Meanwhile, await File.ReadAllTextAsync(kubelet, Ct));
        Assert.All(stay.Files, file => Assert.True(File.Exists(Path.Combine(stay.Root, file)), file));
        Assert.True(File.GetUnixFileMode(Path.Combine(stay.Root, stay.Files[0])).HasFlag(UnixFileMode.OtherExecute));
        await stay.Look();
        ExecSyncResponse probe = await containerd.Runtime.ExecSyncAsync(
            new() { ContainerId = pod.ContainerId, Cmd = { wanted.ReadinessProbe.Exec.Command.Concat(more) }, Timeout = 30 }, cancellationToken: Ct);
        Assert.True(probe.ExitCode == 0, probe.Stdout.ToStringUtf8() + probe.Stderr.ToStringUtf8());

        await containerd.Runtime.StopContainerAsync(new() { ContainerId = pod.ContainerId, Timeout = 60 }, cancellationToken: Ct);
        Assert.Contains(stay.LastWords, await File.ReadAllTextAsync(log, Ct), StringComparison.Ordinal);
        Assert.Equal(stay.Before, await File.ReadAllTextAsync(kubelet, Ct));
        Assert.All(stay.Files, file => Assert.False(File.Exists(Path.Combine(stay.Root, file)), file));
    }

    /// <summary>A DaemonSet's container on a machine.</summary>
    sealed record Stay
    {
        /// <summary>The DaemonSet's folder.</summary>
        public required string Overlay { get; init; }

        /// <summary>The machine's root.</summary>
        public required string Root { get; init; }

        /// <summary>The kubelet's configuration, before and after.</summary>
        public required string Before { get; init; }

        /// <summary>The same while the container runs.</summary>
        public required string Meanwhile { get; init; }

        /// <summary>What is on the machine while it runs, and not afterwards; the first is the program.</summary>
        public required string[] Files { get; init; }

        /// <summary>What it says at its end.</summary>
        public required string LastWords { get; init; }

        /// <summary>What else the container sees.</summary>
        public required (string Host, string Container)[] Mounts { get; init; }

        /// <summary>What else it is told.</summary>
        public required string[] Arguments { get; init; }

        /// <summary>Looks closer while it runs.</summary>
        public required Func<Task> Look { get; init; }
    }
}
