using Fairlead.Containerd.Cri;

namespace Fairlead.Testing.Containerd;

/// <summary>What a pod of a <see cref="ContainerdProcess"/> is like.</summary>
public sealed record ContainerdPodOptions
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "demo";

    /// <summary>Its namespace.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>The name of its container.</summary>
    public string Container { get; init; } = "main";

    /// <summary>The image that it runs.</summary>
    public string Image { get; init; } = ContainerdFolder.Image;

    /// <summary>What the container runs; empty for what its image says.</summary>
    public IReadOnlyList<string> Command { get; init; } = ["sleep", "2147483647"];

    /// <summary>What follows the command.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Folders and files of the host, and where the container sees them; it may write to them.</summary>
    public IReadOnlyList<(string Host, string Container)> Mounts { get; init; } = [];

    /// <summary>Where it runs; null for the image's own folder.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Changes what it is allowed; null for a container's usual rights.</summary>
    public Action<LinuxContainerSecurityContext>? Security { get; init; }

    /// <summary>It has a network namespace of its own. Else it has the host's, so that a test can listen for it.</summary>
    public bool OwnNetwork { get; init; }

    /// <summary>It has an input that can be attached to.</summary>
    public bool Stdin { get; init; }

    /// <summary>The first attached input that ends is the container's end of input.</summary>
    public bool StdinOnce { get; init; }

    /// <summary>It has a terminal.</summary>
    public bool Tty { get; init; }
}
