using System.Runtime.Versioning;
using Fairlead.Node.Host;
using Fairlead.Node.Installation;

namespace Fairlead.Cli.Installing;

/// <summary>What is asked of the machine's systemd, by its own systemctl; shown only, where no systemd runs the machine.</summary>
/// <param name="root">The machine.</param>
/// <param name="kind">What it is asked for.</param>
/// <param name="output">Where each call is told.</param>
[SupportedOSPlatform("linux")]
sealed class SystemdCalls(HostRoot root, InstallationKind kind, TextWriter output)
{
    bool IsThere => Directory.Exists(root.PathOf("/run/systemd/system"));

    /// <summary>Tells the calls.</summary>
    public async Task ShowAsync(IEnumerable<string[]> calls)
    {
        foreach (string[] call in calls) await output.WriteLineAsync("  systemctl " + string.Join(' ', call));
    }

    /// <summary>Makes the calls, one after the other.</summary>
    /// <exception cref="IOException">One failed. Those before it have been made.</exception>
    public async Task RunAsync(IReadOnlyList<string[]> calls, CancellationToken cancellationToken)
    {
        if (!IsThere)
        {
            await output.WriteLineAsync("systemd does not run this machine now; once it does:");
            await ShowAsync(calls);
            return;
        }

        foreach (string[] call in calls)
        {
            await ShowAsync([call]);
            await output.FlushAsync(cancellationToken);
            await RunAsync(call, cancellationToken);
        }
    }

    async Task RunAsync(string[] call, CancellationToken cancellationToken)
    {
        int code = await MachinePrograms.RunAsync(root, ["systemctl", .. call], cancellationToken);
        if (code != 0)
            throw new IOException(
                $"systemctl {string.Join(' ', call)} ended with {code}: mend that and run this again, or take everything back by " +
                $"'{kind.Verb} uninstall --yes'");
    }
}
