using System.Text;
using Fairlead.Containerd;
using Fairlead.Node.Host;

namespace Fairlead.Node.Installation.CriProxies;

/// <summary>
/// What putting a CRI proxy between a kubelet and its runtime changes. The proxy runs, and has said so, before the kubelet is told of it.
/// </summary>
public static class CriProxyPlan
{
    /// <summary>Looks at the machine and says what is to be done. Changes nothing.</summary>
    /// <param name="options">The machine, and what is wanted.</param>
    /// <exception cref="InvalidDataException">
    /// The kubelet's configuration cannot be read, or not be changed by one line; a flag of the kubelet's overrules it; it cannot be told
    /// which runtime is meant; or a front is in the way.
    /// </exception>
    public static InstallationPlan Of(CriProxyPlanOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        InstallationKind kind = InstallationKind.CriProxy;
        kind.RequireAlone(options.Root);
        if (options.Flags.Get("container-runtime-endpoint") is { } flag)
            throw new InvalidDataException(
                $"the kubelet is started with --container-runtime-endpoint={flag}, which overrules its configuration: take that flag " +
                $"away first (kubeadm keeps it in /var/lib/kubelet/kubeadm-flags.env), write containerRuntimeEndpoint: {flag} into " +
                $"{options.Config} instead, and restart the kubelet");
        string unit = InstallationKind.PathOf(CriProxyUnit.Service);
        string runtime = Runtime(options, kind, options.Root.ReadBytes(unit)).ToString();
        FileChange service = FileChange.Of(
            options.Root, unit, CriProxyUnit.Text(options.Program, runtime), "runs the CRI proxy, before the kubelet");
        // A line of ours is nothing to go back to: there would be nobody.
        FileChange line = KubeletChange.Of(
            options, kind, "the kubelet asks the CRI proxy, and that asks " + runtime, before => kind.Line.Otherwise(before, runtime));
        return InstallationPlan.Make(kind, options, [service], line) with { Runtime = runtime };
    }

    /// <summary>The one that the kubelet asks, or asked before: never a proxy's own socket.</summary>
    static UnixSocketAddress Runtime(CriProxyPlanOptions options, InstallationKind kind, byte[]? unit)
    {
        if (options.Runtime is { } named)
        {
            return Parse("--cri", named) is var address && !CriProxyUnit.IsAt(address)
                ? address
                : throw new InvalidDataException($"--cri names the proxy's own socket, {CriProxyUnit.Socket}: name the runtime's");
        }

        string? ours = options.ConfigFolder is { } folder ? Path.Join(folder, kind.DropIn) : null;
        string said = KubeletSettings.Read(options.Root, options.Config, options.ConfigFolder, options.Flags, except: ours).RuntimeEndpoint;
        UnixSocketAddress asked = Parse("the kubelet's containerRuntimeEndpoint", said);
        if (!CriProxyUnit.IsAt(asked)) return asked;
        string? before = new NodeInstallation(options.Root, kind).Runtime
            ?? (unit is null ? null : CriProxyUnit.RuntimeOf(Encoding.UTF8.GetString(unit)));
        return before is not null && Parse("the runtime's endpoint", before) is var original && !CriProxyUnit.IsAt(original)
            ? original
            : throw new InvalidDataException(
                $"the kubelet asks {asked} already, where a CRI proxy is, and what is behind that is not known: name the runtime by --cri");
    }

    static UnixSocketAddress Parse(string what, string text)
    {
        try
        {
            return UnixSocketAddress.Parse(text);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"{what}: {e.Message}", e);
        }
    }
}
