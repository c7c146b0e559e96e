namespace Fairlead.Testing;

/// <summary>A client that a user types: ours or a kubectl. They take the same arguments for what is tested.</summary>
/// <param name="Name">Which one, for test names.</param>
/// <param name="Program">Its path.</param>
/// <param name="MissingBecause">Why it cannot run here; null when it can.</param>
public sealed record CommandLineClient(string Name, string Program, string? MissingBecause)
{
    /// <summary>The name of our own.</summary>
    public const string Fairlead = "fairlead";

    /// <summary>The name of our own when it is told to use SPDY.</summary>
    public const string FairleadSpdy = "fairlead-spdy";

    /// <summary>The name of the newest kubectl with its WebSockets switched off.</summary>
    public const string KubectlNewestSpdy = "kubectl-newest-spdy";

    /// <summary>True for our own command.</summary>
    public bool IsFairlead => Name is Fairlead or FairleadSpdy;

    /// <summary>True for one that is to use SPDY.</summary>
    public bool IsSpdy => Name is FairleadSpdy or KubectlNewestSpdy or Peer.KubectlSpdy;

    /// <summary>Finds one by its name.</summary>
    public static CommandLineClient Find(string name)
    {
        if (name is Fairlead or FairleadSpdy) return new CommandLineClient(name, Repository.Command, null);
        Peer peer = Peer.Find(name == KubectlNewestSpdy ? Peer.KubectlNewest : name);
        return new CommandLineClient(name, peer.Program, peer.MissingBecause);
    }

    /// <summary>The arguments of an exec in the lab's pod, so verbose, where the client allows it, that the negotiated protocol is told on stderr.</summary>
    /// <param name="kubeconfig">Which server.</param>
    /// <param name="flags">Flags of exec, for instance <c>-i</c>.</param>
    /// <param name="command">What to run.</param>
    public IReadOnlyList<string> Exec(string kubeconfig, IEnumerable<string> flags, params IEnumerable<string> command) =>
    [
        "exec", "--kubeconfig", kubeconfig,
        // from -v=2 on kubectl 1.20 ends every failure, a remote exit code too, as a crash with code 255
        IsFairlead ? "-v" : Name == Peer.KubectlSpdy ? "-v=1" : "-v=8",
        .. IsFairlead && IsSpdy ? new[] { "--transport", "spdy" } : [],
        // its own cache beside the kubeconfig, so that nothing is read from or left in the user's home
        .. IsFairlead ? [] : new[] { "--cache-dir", Path.Combine(Path.GetDirectoryName(kubeconfig)!, $"cache-{Name}") },
        .. flags, "demo", "--", .. command,
    ];

    /// <summary>The arguments of a port-forward, so verbose that the negotiated protocol is told on stderr.</summary>
    /// <param name="kubeconfig">Which server.</param>
    /// <param name="arguments">Flags, target and ports.</param>
    public IReadOnlyList<string> PortForward(string kubeconfig, IEnumerable<string> arguments) =>
    [
        // from -v=7 on a kubectl's tunnel logs every byte that it reads in hexadecimal: 3 GB for 0.5 GiB each way, and most of its time
        "port-forward", "--kubeconfig", kubeconfig, IsFairlead ? "-v" : Name is Peer.KubectlStable or Peer.KubectlNewest ? "-v=6" : "-v=8",
        .. IsFairlead && IsSpdy ? new[] { "--transport", "spdy" } : [],
        .. IsFairlead ? [] : new[] { "--cache-dir", Path.Combine(Path.GetDirectoryName(kubeconfig)!, $"cache-{Name}") },
        .. arguments,
    ];

    /// <summary>What its environment says of its transport and of where it remembers things.</summary>
    /// <param name="kubeconfig">Beside this its memory is kept, apart from the user's.</param>
    public IReadOnlyDictionary<string, string?> Environment(string kubeconfig) => new Dictionary<string, string?>
    {
        ["KUBECTL_REMOTE_COMMAND_WEBSOCKETS"] = Name == KubectlNewestSpdy ? "false" : null,
        ["KUBECTL_PORT_FORWARD_WEBSOCKETS"] = Name == KubectlNewestSpdy ? "false" : null,
        ["XDG_CACHE_HOME"] = Path.Combine(Path.GetDirectoryName(kubeconfig)!, $"cache-{Name}"),
    };

    /// <summary>
    /// True when a kubectl says that it threw output away: 1.32 begins to read before it has made its channels, and what comes in
    /// between is dropped (kubernetes/kubernetes#131189). It shows on busy machines, about once in a thousand runs.
    /// </summary>
    public bool SaysThatItDropped(string stderr) =>
        Name == Peer.KubectlStable && stderr.Contains("Unknown stream id 1, discarding message", StringComparison.Ordinal);

    /// <summary>Judges by what the client said on stderr whether it used the transport that it is here for, and nothing else.</summary>
    /// <returns>Null when it did; otherwise what was said instead.</returns>
    public string? WhyNotAsMeant(string stderr) => IsSpdy ? WhyNotSpdyV4(stderr) : WhyNotWebSocketV5(stderr);

    string? WhyNotWebSocketV5(string stderr)
    {
        // 1.32 and 1.36 word the same line of client-go differently
        string[] evidence = IsFairlead
            ? ["v5.channel.k8s.io"]
            : ["The subprotocol is v5.channel.k8s.io", "\"Subprotocol negotiated\" protocol=\"v5.channel.k8s.io\""];
        bool negotiated = evidence.Any(line => stderr.Contains(line, StringComparison.Ordinal));
        bool spdy = stderr.Contains("SPDY/3.1", StringComparison.Ordinal) || stderr.Contains("fallback", StringComparison.OrdinalIgnoreCase);
        return negotiated && !spdy ? null : $"{Name} did not stay with v5 over WebSocket:\n{stderr}";
    }

    string? WhyNotSpdyV4(string stderr)
    {
        if (Name == Peer.KubectlSpdy) return null; // it knows nothing else, and says nothing of it

        string[] evidence = IsFairlead
            ? ["connected by SPDY/3.1 v4.channel.k8s.io"]
            : ["101 Switching Protocols", "Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: v4.channel.k8s.io"]; // headers of the answer
        bool negotiated = evidence.All(line => stderr.Contains(line, StringComparison.Ordinal));
        bool webSocket = stderr.Contains("websocket", StringComparison.OrdinalIgnoreCase);
        return negotiated && !webSocket ? null : $"{Name} did not use v4 over SPDY alone:\n{stderr}";
    }
}
