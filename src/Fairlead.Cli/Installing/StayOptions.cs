using System.CommandLine;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Installing;

/// <summary>The options of everything that is there as long as a process: what a DaemonSet runs.</summary>
[SupportedOSPlatform("linux")]
sealed class StayOptions
{
    readonly InstallationKind _kind;
    readonly Option<string> _program;

    readonly Option<string?> _from = new("--program-from") { HelpName = "FILE", Description = "What is put there (default: this command)" };

    readonly Option<string?> _holder = new("--holder")
    {
        HelpName = "NAME",
        Description = "Who this is: a name that no other has, such as a pod's (default: $FAIRLEAD_HOLDER)",
    };

    readonly Option<TimeSpan> _every = new("--look-every")
    {
        HelpName = "DURATION",
        Description = "How often it is looked whether all is as it should be, and mended (default 10s)",
        DefaultValueFactory = _ => TimeSpan.FromSeconds(10),
        CustomParser = DurationText.ParsePositive,
    };

    readonly Option<bool> _remove, _check = new("--check")
    {
        Description = "Say by the exit code whether --holder has done its work; changes nothing",
    };

    readonly Option<bool> _yes = new("--yes") { Description = "Change the machine: nothing is done without it" };

    public StayOptions(InstallationKind kind, string program)
    {
        _kind = kind;
        _program = new("--program")
        {
            HelpName = "FILE",
            Description = $"Where the command is put on the machine (default {program})",
            DefaultValueFactory = _ => program,
        };
        _remove = new("--remove") { Description = $"Take the {kind.Name} out at the start, and only stay" };
    }

    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])[_program, _from, _holder, _every, _remove, _check, _yes]) verb.Add(option);
    }

    /// <summary>Does what the line says.</summary>
    /// <param name="invocation">Where it is told.</param>
    /// <param name="parsed">The line.</param>
    /// <param name="root">The machine.</param>
    /// <param name="plan">Looks at the machine and says what is to be done, for a program at a path of the machine's.</param>
    /// <param name="token">A credential that is copied along, and where to; null where none is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<int> RunAsync(
        Invocation invocation, ParseResult parsed, HostRoot root, Func<string, InstallationPlan> plan,
        Func<(string From, string To)?> token, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_holder) ?? Environment.GetEnvironmentVariable("FAIRLEAD_HOLDER")
            ?? throw new UsageException("say by --holder who this is");
        bool isRemoval = parsed.GetValue(_remove);
        if (parsed.GetValue(_check)) return await InstallationStay.CheckAsync(root, _kind, name, isRemoval, invocation.Output);
        if (!parsed.GetValue(_yes)) throw new UsageException("this changes the machine at once: say --yes to it");
        string program = parsed.GetValue(_program)!;
        InstallationStay stay = new(invocation, root, _kind, name)
        {
            Plan = isRemoval ? null : () => plan(program),
            Program = program,
            Source = parsed.GetValue(_from) ?? Environment.ProcessPath!,
            Token = isRemoval ? null : token(),
            Every = parsed.GetValue(_every),
        };
        await stay.RunAsync(cancellationToken);
        return ExitCodes.Success;
    }
}
