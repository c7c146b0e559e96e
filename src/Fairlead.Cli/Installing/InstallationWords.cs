using System.Runtime.Versioning;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;
using Fairlead.Node.Installation.CriProxies;

namespace Fairlead.Cli.Installing;

/// <summary>What is said of a kubelet when something was put in beside it, or taken out.</summary>
[SupportedOSPlatform("linux")]
static class InstallationWords
{
    public static string Installed(NodeInstallation installation) => installation.Kind == InstallationKind.Front
        ? "installed: the front has the node's addresses, the kubelet has loopback"
        : $"installed: the kubelet asks the CRI proxy at {CriProxyUnit.Socket}, and that asks {installation.Runtime}";

    public static string Uninstalled(NodeInstallation installation)
    {
        try
        {
            KubeletSettings kubelet = installation.ReadKubelet();
            return installation.Kind == InstallationKind.Front
                ? WhereItListens(kubelet.Address)
                : $"uninstalled: the kubelet asks {kubelet.RuntimeEndpoint} itself";
        }
        catch (InvalidDataException e)
        {
            return "uninstalled; what the kubelet is told now cannot be read: " + e.Message;
        }
    }

    /// <summary>The address may have stood there before the front was put in.</summary>
    static string WhereItListens(string address) => address is "127.0.0.1" or "::1" or "localhost"
        ? "uninstalled, but the kubelet still listens on 127.0.0.1 alone, as it did before the front was put in: the API server "
            + "does not reach this node. Take the address out of its configuration, and out of the ConfigMap kubelet-config, and "
            + "restart the kubelet"
        : "uninstalled: the kubelet has its addresses back";
}
