using System.Runtime.Versioning;
using Fairlead.Node.Host;

namespace Fairlead.Cli.Installing;

/// <summary>The kubelet that is meant.</summary>
/// <param name="Root">The machine.</param>
/// <param name="Flags">Of the one that runs, or as an installation recorded them; null for neither.</param>
/// <param name="IsRunning">It runs.</param>
/// <param name="Config">Its configuration.</param>
/// <param name="ConfigFolder">The folder of its drop-ins; null for none.</param>
[SupportedOSPlatform("linux")]
sealed record FoundKubelet(HostRoot Root, KubeletFlags? Flags, bool IsRunning, string Config, string? ConfigFolder);
