namespace Fairlead.Testing;

/// <summary>A client that a user types: ours or a kubectl. They take the same arguments for what is tested.</summary>
/// <param name="Name">Which one, for test names.</param>
/// <param name="Program">Its path.</param>
/// <param name="MissingBecause">Why it cannot run here; null when it can.</param>
public sealed record CommandLineClient(string Name, string Program, string? MissingBecause)
{
    /// <summary>The name of our own.</summary>
    public const string Fairlead = "fairlead";

    /// <summary>True for our own command.</summary>
    public bool IsFairlead => Name == Fairlead;

    /// <summary>Finds one by its name.</summary>
    public static CommandLineClient Find(string name)
    {
        if (name == Fairlead) return new CommandLineClient(name, Repository.Command, null);
        Peer peer = Peer.Find(name);
        return new CommandLineClient(name, peer.Program, peer.MissingBecause);
    }

    /// <summary>The arguments of an exec in the lab's pod, so verbose that the negotiated protocol is told on stderr.</summary>
    /// <param name="kubeconfig">Which server.</param>
    /// <param name="flags">Flags of exec, for instance <c>-i</c>.</param>
    /// <param name="command">What to run.</param>
    public IReadOnlyList<string> Exec(string kubeconfig, IEnumerable<string> flags, params IEnumerable<string> command) =>
    [
        "exec", "--kubeconfig", kubeconfig, IsFairlead ? "-v" : "-v=8",
        // its own cache beside the kubeconfig, so that nothing is read from or left in the user's home
        .. IsFairlead ? [] : new[] { "--cache-dir", Path.Combine(Path.GetDirectoryName(kubeconfig)!, $"cache-{Name}") },
        .. flags, "demo", "--", .. command,
    ];

    /// <summary>
    /// Judges by what the client said on stderr: v5 over WebSocket was negotiated, and nothing was tried over SPDY.
    /// </summary>
    /// <returns>Null when it was so; otherwise what was said instead.</returns>
    public string? WhyNotWebSocketV5(string stderr)
    {
        ArgumentNullException.ThrowIfNull(stderr);
        // 1.32 and 1.36 word the same line of client-go differently
        string[] evidence = IsFairlead
            ? ["v5.channel.k8s.io"]
            : ["The subprotocol is v5.channel.k8s.io", "\"Subprotocol negotiated\" protocol=\"v5.channel.k8s.io\""];
        bool negotiated = evidence.Any(line => stderr.Contains(line, StringComparison.Ordinal));
        bool spdy = stderr.Contains("SPDY/3.1", StringComparison.Ordinal) || stderr.Contains("fallback", StringComparison.OrdinalIgnoreCase);
        return negotiated && !spdy ? null : $"{Name} did not stay with v5 over WebSocket:\n{stderr}";
    }
}
