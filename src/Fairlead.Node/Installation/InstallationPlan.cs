using System.Text;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation;

/// <summary>What putting a front before a kubelet changes on a machine: files, and then what is asked of systemd.</summary>
public sealed record InstallationPlan
{
    static readonly string[] s_restartKubelet = ["restart", "kubelet.service"], s_restartFront = ["restart", Units.Service];

    /// <summary>In the order in which they are made.</summary>
    static readonly string[][] s_calls =
        [["daemon-reload"], s_restartKubelet, ["enable", "--now", Units.Socket], ["enable", "--now", Units.Service], s_restartFront];

    const string DropIn = "90-fairlead.conf";

    /// <summary>The files, in the order in which they are written.</summary>
    public required IReadOnlyList<FileChange> Files { get; init; }

    /// <summary>
    /// The calls of systemctl that follow, each with its arguments; none where all of it has been done. The kubelet leaves the node's
    /// addresses first; until the socket is there nobody listens on them.
    /// </summary>
    public required IReadOnlyList<string[]> Calls { get; init; }

    /// <summary>What the kubelet is started with, and the configuration that is meant, for the record.</summary>
    public required IReadOnlyList<string> Kubelet { get; init; }

    /// <summary>No front was here: its service starts now, and need not be told of anything.</summary>
    public required bool IsFirst { get; init; }

    /// <summary>Also those that stand there as they should.</summary>
    internal IReadOnlyList<FileChange> All { get; init; } = [];

    /// <summary>The kubelet's own file among them; null where the kubelet has a folder of files, and one of ours in it.</summary>
    internal string? KubeletFile { get; init; }

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
        return new InstallationPlan
        {
            Files = changed,
            Calls = CallsFor(options, files, changed),
            Kubelet = Named(options),
            IsFirst = files[1].Before is null,
            All = files,
            KubeletFile = options.ConfigFolder is null ? options.Config : null,
        };
    }

    /// <summary>The last value of a flag counts.</summary>
    static IReadOnlyList<string> Named(InstallationOptions options)
    {
        string[] named = options.ConfigFolder is { } folder
            ? ["--config=" + options.Config, "--config-dir=" + folder]
            : ["--config=" + options.Config];
        return [.. options.Flags.Arguments.Where(argument => !named.Contains(argument)), .. named];
    }

    /// <summary>
    /// What the changes ask for, and what is left of a former time. A kubelet whose file stays is left alone; a service that runs takes
    /// another command line only when it is started anew.
    /// </summary>
    static string[][] CallsFor(InstallationOptions options, FileChange[] files, FileChange[] changed)
    {
        InstallationRecord? record = InstallationRecord.Read(options.Root);
        if (changed.Length == 0 && record is { Pending.Count: 0 }) return [];
        HashSet<string> pending = [.. (record?.Pending ?? []).Select(Words)];
        bool isKubelets = record is null || changed.Contains(files[^1]);
        bool isOtherFront = changed.Contains(files[1]) && files[1].Before is not null;
        return [.. s_calls.Where(call => pending.Contains(Words(call))
            || (call == s_restartKubelet ? isKubelets : call != s_restartFront || isOtherFront))];

        static string Words(string[] call) => string.Join(' ', call);
    }

    /// <summary>
    /// What the kubelet takes from its flags: the front reads the configuration alone, since it starts beside the kubelet and not behind
    /// it.
    /// </summary>
    static IEnumerable<string> SaidByFlags(InstallationOptions options, KubeletSettings settings)
    {
        KubeletSettings written = KubeletSettings.Read(options.Root, options.Config, options.ConfigFolder, KubeletFlags.None);
        Refuse("port", settings.Port != written.Port);
        Refuse("authentication-token-webhook", settings.ReviewsTokens != written.ReviewsTokens);
        Refuse("authentication-token-webhook-cache-ttl", settings.TokenLifetime != written.TokenLifetime);
        Refuse("authorization-webhook-cache-authorized-ttl", settings.AllowedLifetime != written.AllowedLifetime);
        Refuse("authorization-webhook-cache-unauthorized-ttl", settings.DeniedLifetime != written.DeniedLifetime);
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

        void Refuse(string flag, bool overrules)
        {
            if (overrules)
                throw new InvalidDataException(
                    $"the kubelet is started with --{flag}={options.Flags.Get(flag)}: write that into {options.Config} instead");
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
