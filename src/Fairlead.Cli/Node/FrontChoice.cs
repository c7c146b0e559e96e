using System.Globalization;
using System.Runtime.Versioning;
using Fairlead.Node.Host;

namespace Fairlead.Cli.Node;

/// <summary>What <see cref="FrontOptions"/> came to, after a look at the kubelet that runs.</summary>
[SupportedOSPlatform("linux")]
sealed record FrontChoice
{
    public required HostRoot Root { get; init; }

    /// <summary>Of the kubelet that runs, or as an installation recorded them; null for neither.</summary>
    public required KubeletFlags? Flags { get; init; }

    public required bool IsRunning { get; init; }

    public required string Config { get; init; }

    public required string? ConfigFolder { get; init; }

    public required string? Cri { get; init; }

    public required string? Certificate { get; init; }

    public required string? Key { get; init; }

    public required string? Token { get; init; }

    public required string? Kubeconfig { get; init; }

    public required string NodeName { get; init; }

    public required int HealthPort { get; init; }

    /// <summary>
    /// The options of <c>fairlead node</c> that the front is started with, beside those about the kubelet's configuration.
    /// </summary>
    public IReadOnlyList<string> Arguments
    {
        get
        {
            List<string> arguments = [];
            Add("--cri", Cri);
            Add("--kubelet-client-cert", Certificate);
            Add("--kubelet-client-key", Key);
            Add("--kubelet-token-file", Token);
            Add("--authorization-kubeconfig", Kubeconfig);
            Add("--node-name", NodeName);
            Add("--health-port", HealthPort.ToString(CultureInfo.InvariantCulture));
            return arguments;

            void Add(string option, string? value)
            {
                if (value is not null) arguments.AddRange([option, value]);
            }
        }
    }
}
