using System.CommandLine;
using System.Diagnostics;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Usage;
using Fairlead.Node.Host;

namespace Fairlead.Cli.Installing;

/// <summary>
/// Runs programs of a machine whose root may be a folder here. Such a root is entered by a process of this same command, which then becomes
/// the program: an image needs neither a shell nor chroot for it.
/// </summary>
[SupportedOSPlatform("linux")]
static class MachinePrograms
{
    const string Verb = "enter";

    /// <summary>Runs one to its end, with this process's outputs.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int> RunAsync(HostRoot root, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        (string program, IEnumerable<string> arguments) = root.IsOwn
            ? (HostEntry.Find(root, command[0]), command.Skip(1))
            : (Environment.ProcessPath!, ["node", Verb, "--root", root.Folder, "--", .. command]);
        ProcessStartInfo start = new(program, arguments) { UseShellExecute = false, WorkingDirectory = "/" };
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    /// <summary>The verb of that process; no help names it.</summary>
    public static Command CreateVerb(Invocation invocation)
    {
        Option<string> root = KubeletLook.Root();
        VerbCommand verb = new(Verb, "Become a program of the machine whose root is at --root.")
        {
            Of = "node",
            Hidden = true,
            Usage = "--root DIR -- PROGRAM [ARGUMENT]...",
            Examples = "fairlead node enter --root /host -- systemctl daemon-reload",
        };
        verb.Add(root);
        verb.SetAction(parsed => HostEntry.Become(new HostRoot(parsed.GetValue(root)!), invocation.RemoteCommand is { Count: > 0 } command
            ? command
            : throw new UsageException("name the program after --")));
        return verb;
    }
}
