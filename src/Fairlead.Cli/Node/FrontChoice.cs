using System.Globalization;
using System.Runtime.Versioning;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;
using Fairlead.Node.Installation.Fronts;

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

    /// <summary>What putting it in changes.</summary>
    /// <param name="program">Where the command is on the machine.</param>
    /// <exception cref="UsageException">It cannot be done as the line has it.</exception>
    public InstallationPlan Plan(string program)
    {
        if (Certificate is null && Token is null)
            throw new UsageException(
                "the front needs a credential of its own for the kubelet: --kubelet-client-cert and --kubelet-client-key, or " +
                "--kubelet-token-file");
        if (Kubeconfig is null)
            throw new UsageException("no kubelet runs here whose kubeconfig could be taken: name one by --authorization-kubeconfig");
        try
        {
            return FrontPlan.Of(new FrontPlanOptions
            {
                Root = Root,
                Config = Config,
                ConfigFolder = ConfigFolder,
                Flags = Flags ?? KubeletFlags.None,
                Program = program,
                Arguments = Arguments,
                Addresses = NodeAddresses.Find(),
            });
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
