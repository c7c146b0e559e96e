using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.Installing;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;
using Fairlead.Node.Installation.CriProxies;

namespace Fairlead.Cli.Node;

/// <summary>Between which kubelet and which runtime <c>fairlead cri-proxy install</c> and <c>stay</c> put a proxy.</summary>
[SupportedOSPlatform("linux")]
sealed class CriProxyPlaceOptions
{
    readonly KubeletLook _kubelet = new();

    readonly Option<string?> _cri = new("--cri")
    {
        HelpName = "unix://PATH",
        Description = "The container runtime's socket (default: the one that the kubelet asks, or asked before there was a proxy)",
    };

    public void AddTo(Command verb)
    {
        _kubelet.AddTo(verb);
        verb.Add(_cri);
    }

    public HostRoot ReadRoot(ParseResult parsed) => _kubelet.ReadRoot(parsed);

    /// <summary>What putting it in changes.</summary>
    /// <param name="parsed">The line.</param>
    /// <param name="program">Where the command is on the machine.</param>
    /// <exception cref="UsageException">It cannot be done as the line has it.</exception>
    public InstallationPlan Plan(ParseResult parsed, string program)
    {
        FoundKubelet found = _kubelet.Read(parsed, InstallationKind.CriProxy);
        if (found.Flags is null && !_kubelet.NamesConfig(parsed))
            throw new UsageException("no kubelet runs here whose configuration could be taken: name it by --config");
        try
        {
            return CriProxyPlan.Of(new CriProxyPlanOptions
            {
                Root = found.Root,
                Config = found.Config,
                ConfigFolder = found.ConfigFolder,
                Flags = found.Flags ?? KubeletFlags.None,
                Program = program,
                Runtime = parsed.GetValue(_cri),
            });
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
