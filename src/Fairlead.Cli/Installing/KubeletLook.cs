using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Installing;

/// <summary>The options that say which kubelet of which machine is meant, and the look for the one that runs.</summary>
[SupportedOSPlatform("linux")]
sealed class KubeletLook
{
    readonly Option<string> _root = Root();

    readonly Option<string?> _config = new("--config")
    {
        HelpName = "FILE",
        Description = $"The kubelet's configuration (default: that of the kubelet that runs, or {KubeletSettings.UsualFile})",
    };

    readonly Option<string?> _configFolder = new("--config-dir")
    {
        HelpName = "DIR",
        Description = "The folder of its drop-ins (default: that of the kubelet that runs)",
    };

    public static Option<string> Root() => new("--root")
    {
        HelpName = "DIR",
        Description = "The folder that the machine's root is at (default /)",
        DefaultValueFactory = _ => "/",
    };

    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[_root, _config, _configFolder]) verb.Add(option);
    }

    public HostRoot ReadRoot(ParseResult parsed) => new(parsed.GetValue(_root)!);

    /// <summary>The configuration is named by the line itself.</summary>
    public bool NamesConfig(ParseResult parsed) => parsed.GetValue(_config) is not null;

    /// <summary>Looks for it.</summary>
    /// <param name="parsed">The line.</param>
    /// <param name="kind">What is installed, or is to be: its record is asked where no kubelet runs.</param>
    /// <param name="more">What has to be named beside the configuration where several run.</param>
    /// <exception cref="UsageException">It cannot be told which one is meant, or the record cannot be read.</exception>
    public FoundKubelet Read(ParseResult parsed, InstallationKind kind, params Option<string?>[] more)
    {
        HostRoot root = ReadRoot(parsed);
        KubeletFlags? running = Running(root, parsed, [_config, .. more]), flags = running ?? Recorded(root, kind);
        return new FoundKubelet(
            root, flags, running is not null, parsed.GetValue(_config) ?? flags?.Get("config") ?? KubeletSettings.UsualFile,
            parsed.GetValue(_configFolder) ?? flags?.Get("config-dir"));
    }

    static KubeletFlags? Running(HostRoot root, ParseResult parsed, Option<string?>[] naming)
    {
        try
        {
            return KubeletFlags.OfRunning(root);
        }
        catch (InvalidDataException e)
        {
            return naming.All(option => parsed.GetValue(option) is not null)
                ? null
                : throw new UsageException(
                    $"{e.Message}: name the one that is meant by {string.Join(" and ", naming.Select(static option => option.Name))}");
        }
    }

    static KubeletFlags? Recorded(HostRoot root, InstallationKind kind)
    {
        try
        {
            return new NodeInstallation(root, kind).RecordedFlags();
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
