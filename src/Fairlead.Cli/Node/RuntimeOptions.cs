using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Containerd;
using Fairlead.Server.Commands;

namespace Fairlead.Cli.Node;

/// <summary>The options of everything that reaches containers through a container runtime.</summary>
sealed class RuntimeOptions
{
    readonly Option<string> _streamThrough = new("--stream-through")
    {
        HelpName = "WAY",
        Description =
        "How containers are reached: native (containerd's task API, no SPDY), cri (the runtime's streaming server), or auto: native " +
        "where the socket is containerd's (default auto)",
        DefaultValueFactory = _ => "auto",
    };

    readonly Option<string> _lostClient = new("--lost-client")
    {
        HelpName = "POLICY",
        Description =
        "What becomes of a native command whose client was lost: kill, hangup or keep until this process stops (default kill)",
        DefaultValueFactory = _ => "kill",
    };

    readonly Option<string> _stateFolder = new(
        "--state-dir")
    {
        HelpName = "PATH",
        Description = "Where the pipes of native commands are; the same path for containerd (default /run/fairlead)",
        DefaultValueFactory = _ => "/run/fairlead"
    };

    public void AddTo(Command verb)
    {
        _streamThrough.AcceptOnlyFromAmong("auto", "native", "cri");
        _lostClient.AcceptOnlyFromAmong("kill", "hangup", "keep");
        foreach (Option option in (Option[])[_streamThrough, _lostClient, _stateFolder]) verb.Add(option);
    }

    [SupportedOSPlatform("linux")]
    public CriRuntimeOptions Read(ParseResult parsed) => new()
    {
        StreamThrough = Enum.Parse<StreamThrough>(parsed.GetValue(_streamThrough)!, ignoreCase: true),
        LostClient = Enum.Parse<LostClientPolicy>(parsed.GetValue(_lostClient)!, ignoreCase: true),
        StateFolder = parsed.GetValue(_stateFolder)!,
    };
}
