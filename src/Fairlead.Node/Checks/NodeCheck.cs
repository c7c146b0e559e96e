using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Containerd;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;
using Fairlead.Node.Installation.CriProxies;
using Fairlead.Streaming.Tls;

namespace Fairlead.Node.Checks;

/// <summary>Looks, without changing anything, whether a front would work before this machine's kubelet.</summary>
/// <param name="options">The machine.</param>
public sealed class NodeCheck(NodeCheckOptions options)
{
    /// <summary>Looks at one thing after the other. Each wait has a limit.</summary>
    /// <param name="cancellationToken">Ends the look.</param>
    public async IAsyncEnumerable<CheckLine> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return options.Flags is null
            ? new("kubelet", CheckOutcome.Notice,
                "none runs here, or its command line cannot be read: its defaults are taken for its flags")
            : options.IsRunning
            ? new("kubelet", CheckOutcome.Fine, "runs here")
            : new("kubelet", CheckOutcome.Notice, "none runs here: what it was started with is taken from the installation's record");
        (CheckLine line, KubeletSettings? settings) = ReadSettings();
        yield return line;
        yield return Directory.Exists(options.Root.PathOf("/run/systemd/system"))
            ? new("systemd", CheckOutcome.Fine, "runs this machine")
            : new("systemd", CheckOutcome.Notice, "does not run this machine: start the front in another way than by its units");
        yield return Cgroups();
        if (settings is not null)
        {
            if (CriProxyUnit.IsNamedBy(settings.RuntimeEndpoint))
                yield return new("CRI proxy", CheckOutcome.Fault,
                    $"the kubelet asks one, {settings.RuntimeEndpoint}, and no node needs both: take it out first, by 'fairlead " +
                    "cri-proxy uninstall --yes', or by the node's label where a DaemonSet keeps it");
            foreach (CheckLine each in Doors(settings)) yield return each;
            yield return Certificate(settings);
            yield return Authorities(settings);
            yield return await new KubeletCheck(options, settings).RunAsync(cancellationToken);
            yield return await RuntimeAsync(settings, cancellationToken);
        }

        await foreach (CheckLine each in new ClusterCheck(options).RunAsync(cancellationToken)) yield return each;
    }

    (CheckLine, KubeletSettings?) ReadSettings()
    {
        try
        {
            KubeletSettings settings = KubeletSettings.Read(
                options.Root, options.Config, options.ConfigFolder, options.Flags ?? KubeletFlags.None);
            return (new("configuration", CheckOutcome.Fine, string.Join(", ", settings.Files)), settings);
        }
        catch (InvalidDataException e)
        {
            return (new("configuration", CheckOutcome.Fault, e.Message), null);
        }
    }

    CheckLine Cgroups() => File.Exists(options.Root.PathOf("/sys/fs/cgroup/cgroup.controllers"))
        ? new("cgroups", CheckOutcome.Fine, "version 2")
        : Directory.Exists(options.Root.PathOf("/sys/fs/cgroup"))
            ? new("cgroups", CheckOutcome.Fine, "version 1")
            : new("cgroups", CheckOutcome.Fault, "there is no /sys/fs/cgroup: commands could not join their container's group");

    IEnumerable<CheckLine> Doors(KubeletSettings settings)
    {
        bool loopback = settings.Address is "127.0.0.1" or "::1";
        yield return loopback
            ? new("kubelet's address", CheckOutcome.Fine, $"{settings.Address}, port {settings.Port}: the node's addresses are the front's")
            : new("kubelet's address", CheckOutcome.Notice,
                $"{settings.Address}, port {settings.Port}: 'fairlead node install' sets 127.0.0.1, and the kubelet is restarted then");
        foreach (IPAddress address in options.Addresses)
        {
            IPEndPoint door = new(address, settings.Port);
            yield return WhoHolds(door) switch
            {
                null => new("port", CheckOutcome.Fine, $"{door} is free"),
                SocketError.AddressAlreadyInUse => new("port", loopback ? CheckOutcome.Fine : CheckOutcome.Notice,
                    $"{door} is in use: by " +
                    (loopback ? "the front, if it is installed" : "the kubelet, until it has its new address")),
                var error => new("port", CheckOutcome.Fault, $"{door}: {new SocketException((int)error).Message}"),
            };
        }

        if (options.Addresses.Count == 0) yield return new("port", CheckOutcome.Fault, "this machine has no address but loopback");
        IPEndPoint health = new(IPAddress.Loopback, options.HealthPort);
        yield return WhoHolds(health) switch
        {
            null => new("health port", CheckOutcome.Fine, $"{health} is free"),
            SocketError.AddressAlreadyInUse when new NodeInstallation(options.Root, InstallationKind.Front).IsThere =>
                new("health port", CheckOutcome.Fine, $"{health} is in use: by the front, as it is installed"),
            var error => new("health port", CheckOutcome.Fault,
                $"{health}: {new SocketException((int)error).Message}: name another by --health-port"),
        };
    }

    static SocketError? WhoHolds(IPEndPoint door)
    {
        using Socket probe = new(door.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(door);
            probe.Listen(); // what is bound may still be listened on by somebody else
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    CheckLine Certificate(KubeletSettings settings)
    {
        const string name = "certificate";
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(
                PemCertificates.ReadAuthorities(ReadWhole(settings.CertificateFile), settings.CertificateFile)[0].RawData);
            _ = ReadWhole(settings.KeyFile);
            string end = $"{settings.CertificateFile}, valid until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}";
            if (certificate.NotAfter.ToUniversalTime() <= options.Clock.GetUtcNow().UtcDateTime)
                return new(name, CheckOutcome.Fault,
                    $"{settings.CertificateFile} has ended on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}");
            IPAddress[] missing = [.. options.Addresses.Where(address => !certificate.MatchesHostname(address.ToString()))];
            return missing.Length == 0 || certificate.MatchesHostname(options.NodeName)
                ? new(name, CheckOutcome.Fine, end)
                : new(name, CheckOutcome.Notice,
                    $"{end}; it does not name {string.Join<IPAddress>(' ', missing)}: an API server that checks kubelets' certificates " +
                    "refuses it there, at the kubelet as at the front");
        }
        catch (InvalidDataException e)
        {
            return new(name, CheckOutcome.Fault, e.Message);
        }
    }

    CheckLine Authorities(KubeletSettings settings)
    {
        const string name = "client authorities";
        if (settings.ClientAuthoritiesFile is not { } file)
            return new(name, CheckOutcome.Fault,
                "the kubelet takes no client certificates (clientCAFile): the API server could not say who it is");
        try
        {
            int count = PemCertificates.ReadAuthorities(ReadWhole(file), file).Count;
            return new(name, CheckOutcome.Fine, $"{file}, {count} certificate{(count == 1 ? "" : "s")}");
        }
        catch (InvalidDataException e)
        {
            return new(name, CheckOutcome.Fault, e.Message);
        }
    }

    async Task<CheckLine> RuntimeAsync(KubeletSettings settings, CancellationToken cancellationToken)
    {
        const string name = "runtime";
        try
        {
            UnixSocketAddress socket = options.Cri ?? UnixSocketAddress.Parse(settings.RuntimeEndpoint);
            UnixSocketAddress seen = options.Root.IsOwn ? socket : UnixSocketAddress.Parse(options.Root.Find(socket.Path));
            (string description, bool native) = await RuntimeProbe.AskAsync(seen, options.Runtime, cancellationToken);
            return new(name, CheckOutcome.Fine, native
                ? $"{socket}: {description}, native streams by its task API"
                : $"{socket}: {description}, streams through its own server, by SPDY where input has to end");
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidDataException)
        {
            return new(name, CheckOutcome.Fault, e.Message);
        }
    }

    byte[] ReadWhole(string path) =>
        options.Root.ReadBytes(path) ?? throw new InvalidDataException($"{path}: there is no such file");
}
