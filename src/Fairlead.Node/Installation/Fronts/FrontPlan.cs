using Fairlead.Node.Host;
using Fairlead.Node.Installation.CriProxies;

namespace Fairlead.Node.Installation.Fronts;

/// <summary>
/// What putting a front before a kubelet changes. The kubelet leaves the node's addresses first; until the socket is there nobody listens
/// on them.
/// </summary>
public static class FrontPlan
{
    /// <summary>Looks at the machine and says what is to be done. Changes nothing.</summary>
    /// <param name="options">The machine, and what is wanted.</param>
    /// <exception cref="InvalidDataException">
    /// The kubelet's configuration cannot be read, or not be changed by one line; a flag of the kubelet's, or a CRI proxy, is in the way.
    /// </exception>
    public static InstallationPlan Of(FrontPlanOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        InstallationKind kind = InstallationKind.Front;
        kind.RequireAlone(options.Root);
        if (options.Flags.Get("address") is { } flag and not FrontUnits.KubeletAddress)
            throw new InvalidDataException(
                $"the kubelet is started with --address={flag}, which overrules its configuration: take that flag away first");
        if (options.Addresses.Count == 0) throw new InvalidDataException("this machine has no address but loopback");
        KubeletSettings settings = KubeletSettings.Read(options.Root, options.Config, options.ConfigFolder, options.Flags);
        if (CriProxyUnit.IsNamedBy(settings.RuntimeEndpoint))
            throw new InvalidDataException(
                $"the kubelet asks a CRI proxy, {settings.RuntimeEndpoint}, and a front needs none behind it: give the kubelet its " +
                "runtime's own endpoint first");
        List<string> arguments = ["node", "--config", options.Config];
        if (options.ConfigFolder is { } folder) arguments.AddRange(["--config-dir", folder]);
        arguments.AddRange(SaidByFlags(options, settings));
        arguments.AddRange(options.Arguments);
        FileChange[] units =
        [
            FileChange.Of(options.Root, InstallationKind.PathOf(FrontUnits.Socket), FrontUnits.SocketText(options.Addresses, settings.Port),
                "holds the port on the node's addresses, also while the service is replaced"),
            FileChange.Of(options.Root, InstallationKind.PathOf(FrontUnits.Service), FrontUnits.ServiceText(options.Program, arguments),
                "runs the front"),
        ];
        // Where it cannot be told what stood there, nothing did: 127.0.0.1 would leave a kubelet that nobody reaches.
        bool isLost = units[1].Before is not null && !new NodeInstallation(options.Root, kind).IsRecorded;
        return InstallationPlan.Make(kind, options, units, KubeletChange.Of(
            options, kind, "the kubelet listens on loopback alone: the front has the node's addresses",
            before => isLost ? kind.Line.Otherwise(before, null) : before));
    }

    /// <summary>
    /// What the kubelet takes from its flags: the front reads the configuration alone, since it starts beside the kubelet and not behind
    /// it.
    /// </summary>
    static IEnumerable<string> SaidByFlags(FrontPlanOptions options, KubeletSettings settings)
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
}
