using System.Text;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>What putting a front before a kubelet changes on a machine: files, and then what is asked of systemd.</summary>
public sealed record InstallationPlan
{
    static readonly string[][] s_calls =
    [
        ["daemon-reload"],
        ["restart", "kubelet.service"],
        ["enable", "--now", Units.Socket],
        ["enable", "--now", Units.Service],
    ];

    const string DropIn = "90-fairlead.conf";

    /// <summary>The files, in the order in which they are written.</summary>
    public required IReadOnlyList<FileChange> Files { get; init; }

    /// <summary>
    /// The calls of systemctl that follow, each with its arguments; none where all of it has been done. The kubelet leaves the node's
    /// addresses first; until the socket is there nobody listens on them.
    /// </summary>
    public required IReadOnlyList<string[]> Calls { get; init; }

    /// <summary>Looks at the machine and says what is to be done. Changes nothing.</summary>
    /// <param name="options">The machine, and what is wanted.</param>
    /// <exception cref="InvalidDataException">The kubelet's configuration cannot be read, or not be changed by one line.</exception>
    public static InstallationPlan Of(InstallationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Flags.Get("address") is { } flag and not AddressLine.Loopback)
            throw new InvalidDataException(
                $"the kubelet is started with --address={flag}, which overrules its configuration: take that flag away first");
        if (options.Addresses.Count == 0) throw new InvalidDataException("this machine has no address but loopback");
        KubeletSettings settings = KubeletSettings.Read(options.Root, options.Config, options.ConfigFolder, options.Flags);
        List<string> arguments = ["node", "--config", options.Config];
        if (options.ConfigFolder is { } folder) arguments.AddRange(["--config-dir", folder]);
        arguments.AddRange(SaidByFlags(options, settings));
        arguments.AddRange(options.Arguments);
        FileChange[] files =
        [
            Change(options.Root, $"{Units.Folder}/{Units.Socket}", Units.SocketText(options.Addresses, settings.Port),
                "holds the port on the node's addresses, also while the service is replaced"),
            Change(options.Root, $"{Units.Folder}/{Units.Service}", Units.ServiceText(options.Program, arguments),
                "runs the front"),
            KubeletChange(options),
        ];
        FileChange[] changed = [.. files.Where(static file => file.Before is null || !file.Before.AsSpan().SequenceEqual(file.After))];
        bool done = changed.Length == 0 && InstallationRecord.Read(options.Root) is { IsComplete: true };
        return new InstallationPlan { Files = changed, Calls = done ? [] : s_calls };
    }

    /// <summary>
    /// What the kubelet takes from its flags: the front reads the configuration alone, since it starts beside the kubelet and not behind
    /// it.
    /// </summary>
    static IEnumerable<string> SaidByFlags(InstallationOptions options, KubeletSettings settings)
    {
        KubeletSettings written = KubeletSettings.Read(options.Root, options.Config, options.ConfigFolder, KubeletFlags.None);
        if (settings.Port != written.Port)
            throw new InvalidDataException($"the kubelet is started with --port={settings.Port}: write that into {options.Config} instead");
        if (settings.RuntimeEndpoint != written.RuntimeEndpoint && !options.Arguments.Contains("--cri"))
        {
            yield return "--cri";
            yield return settings.RuntimeEndpoint;
        }

        if ((settings.CertificateFile, settings.KeyFile) != (written.CertificateFile, written.KeyFile))
        {
            yield return "--tls-cert";
            yield return settings.CertificateFile;
            yield return "--tls-key";
            yield return settings.KeyFile;
            yield return "--kubelet-ca";
            yield return settings.CertificateFile;
        }

        if (settings.ClientAuthoritiesFile is { } authorities && authorities != written.ClientAuthoritiesFile)
        {
            yield return "--client-ca";
            yield return authorities;
        }
    }

    static FileChange KubeletChange(InstallationOptions options)
    {
        const string why = "the kubelet listens on loopback alone: the front has the node's addresses";
        if (options.ConfigFolder is { } folder)
        {
            return Change(options.Root, Path.Join(folder, DropIn),
                $"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\naddress: {AddressLine.Loopback}\n", why);
        }

        return Change(options.Root, options.Config, AddressLine.Set(options.Root.ReadText(options.Config), options.Config), why);
    }

    static FileChange Change(HostRoot root, string path, string text, string why) => new()
    {
        Path = path,
        Before = root.ReadBytes(path),
        After = Encoding.UTF8.GetBytes(text),
        Why = why,
    };
}
