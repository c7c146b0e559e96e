using System.Globalization;

namespace Fairlead.Testing.Containerd;

/// <summary>What this process is allowed to do.</summary>
public static class Capabilities
{
    const int Administration = 21; // CAP_SYS_ADMIN

    /// <summary>True when it may mount and make namespaces.</summary>
    public static bool MayMount
    {
        get
        {
            string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
            ulong effective = ulong.Parse(line.Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return Environment.IsPrivilegedProcess && (effective >> Administration & 1) == 1;
        }
    }
}
