using Fairlead.Node.Host;
using Fairlead.Node.Installation.CriProxies;
using Fairlead.Node.Installation.Fronts;

namespace Fairlead.Node.Installation;

/// <summary>What can be installed beside a kubelet, and in what the one differs from the other: all else is the same for both.</summary>
public sealed class InstallationKind
{
    /// <summary>The call after which a kubelet goes by its changed configuration.</summary>
    internal static readonly string[] RestartKubelet = ["restart", "kubelet.service"];

    InstallationKind(
        string name, string verb, string[] units, KubeletLine line, string dropIn, string recordFile, string holderFile,
        string[] newProgram, bool kubeletNeedsIt) =>
        (Name, Verb, Units, Line, DropIn, RecordFile, HolderFile, NewProgram, KubeletNeedsIt) =
            (name, verb, units, line, dropIn, recordFile, holderFile, newProgram, kubeletNeedsIt);

    /// <summary>A front, which has the node's addresses instead of the kubelet.</summary>
    public static InstallationKind Front { get; } = new(
        name: "front",
        verb: "fairlead node",
        units: [FrontUnits.Service, FrontUnits.Socket],
        line: new("address", FrontUnits.KubeletAddress),
        dropIn: "90-fairlead.conf",
        recordFile: "/var/lib/fairlead/node-installation.json",
        holderFile: "/var/lib/fairlead/node-holder.json",
        newProgram: ["reload-or-restart", FrontUnits.Service],
        kubeletNeedsIt: false);

    /// <summary>A CRI proxy, which the kubelet asks instead of the container runtime.</summary>
    public static InstallationKind CriProxy { get; } = new(
        name: "CRI proxy",
        verb: "fairlead cri-proxy",
        units: [CriProxyUnit.Service],
        line: new("containerRuntimeEndpoint", CriProxyUnit.Socket),
        dropIn: "91-fairlead-cri-proxy.conf",
        recordFile: "/var/lib/fairlead/cri-proxy-installation.json",
        holderFile: "/var/lib/fairlead/cri-proxy-holder.json",
        newProgram: ["restart", CriProxyUnit.Service],
        kubeletNeedsIt: true);

    /// <summary>What it is called in sentences.</summary>
    public string Name { get; }

    /// <summary>The command whose <c>install</c> and <c>uninstall</c> are about it.</summary>
    public string Verb { get; }

    /// <summary>What is asked of systemd when the program was replaced by another.</summary>
    public IReadOnlyList<string> NewProgram { get; }

    /// <summary>All of its units, in the order in which they end: first the service, which runs it.</summary>
    internal IReadOnlyList<string> Units { get; }

    /// <summary>The unit that runs it.</summary>
    internal string Service => Units[0];

    /// <summary>What it changes in the kubelet's configuration.</summary>
    internal KubeletLine Line { get; }

    /// <summary>The file with that line, where the kubelet has a folder of such files.</summary>
    internal string DropIn { get; }

    internal string RecordFile { get; }

    internal string HolderFile { get; }

    /// <summary>
    /// The kubelet cannot do without it: it runs before the kubelet is told of it, and ends after the kubelet has been told to do without.
    /// What is no such thing holds what a kubelet wants for itself, and does both the other way round.
    /// </summary>
    internal bool KubeletNeedsIt { get; }

    /// <summary>All that is asked of systemd for its units, in that order; the last only where the service runs already.</summary>
    internal IEnumerable<string[]> UnitCalls =>
        [["daemon-reload"], .. Units.Reverse().Select(static unit => new[] { "enable", "--now", unit }), ["restart", Service]];

    InstallationKind Other => this == Front ? CriProxy : Front;

    internal static string PathOf(string unit) => "/etc/systemd/system/" + unit;

    internal bool HasUnit(string path) => Units.Any(unit => PathOf(unit) == path);

    /// <summary>Holds that the other one is not there: streams would go through both, and both would keep commands in one folder.</summary>
    /// <exception cref="InvalidDataException">It is there.</exception>
    internal void RequireAlone(HostRoot root)
    {
        NodeInstallation other = new(root, Other);
        if (other.IsThere || other.IsRecorded)
            throw new InvalidDataException(
                $"a {Other.Name} is installed here, and no node needs both: take it out first, by '{Other.Verb} uninstall --yes', or by " +
                "the node's label where a DaemonSet keeps it");
    }
}
