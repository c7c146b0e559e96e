using System.Text.RegularExpressions;

namespace Fairlead.Lab.Manifests;

/// <summary>The rules for names (RFC 1123).</summary>
static partial class KubernetesNames
{
    /// <summary>Namespaces and containers: a DNS label.</summary>
    internal static bool IsLabel(string name) => name.Length <= 63 && Label().IsMatch(name);

    /// <summary>Pods and most other objects: labels joined by dots.</summary>
    internal static bool IsSubdomain(string name) => name.Length <= 253 && Subdomain().IsMatch(name);

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")] private static partial Regex Label();
    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")] private static partial Regex Subdomain();
}
