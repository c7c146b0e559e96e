namespace Fairlead.InteropTests;

/// <summary>
/// A script that bash runs with job control on a real terminal of 33 rows and 101 columns: jobs are stopped, continued and brought to the front, and
/// each command line is a process group of its own. Its input stays open and silent.
/// </summary>
static class ShellSession
{
    const string Script = "/usr/bin/script", Bash = "/bin/bash";

    /// <summary>What scripts may call. Each wait has a limit and says what it waited for.</summary>
    const string Prelude = """
        set -m
        until_true() { local i; for ((i = 0; i < 1500; i++)); do "${@:2}" && return; sleep 0.02; done; echo "not within 30 s: $1"; exit 99; }
        is_in_state() { local s; read -r s < /proc/$1/stat && s=${s##*) } && [[ ${s:0:1} == T ]]; } 2> /dev/null
        is_gone() { ! kill -0 $1 2> /dev/null; }
        is_raw() { [[ $(stty -a < /dev/tty) == *-icanon* ]]; }
        has() { [[ -e $1 && $(< $1) == $2 ]]; }
        stopped() { until_true 'stopped' is_in_state $1; echo stopped; }
        raw() { until_true 'raw' is_raw; echo raw; }
        file() { until_true "file $1" test -e $1; }
        holds() { until_true "$2 in $1" has $1 "$2"; }
        modes() { if [[ $(stty -g < /dev/tty) == "$before" ]]; then echo restored; else echo NOT RESTORED; fi; }
        front() { local j; j=$(jobs -l | sed -n "s/^\[\([0-9]*\)\].* $1 .*/\1/p"); fg %$j > /dev/null; }
        finish() { kill -$2 $1; kill -CONT $1; until_true 'ended' is_gone $1; wait $1 2> /dev/null; echo rc=$?; }
        begin() {
            rm -f up down size
            $client exec -itq demo -- sh -c 'cd $0; touch up; while [ ! -e down ]; do stty size > size; sleep 0.1; done' "$PWD" &
            p=$!; until_true 'begun in the background' is_in_state $p
        }
        before=$(stty -g < /dev/tty)

        """;

    internal static bool IsHere => File.Exists(Script) && File.Exists(Bash);

    /// <summary>Runs it to its end.</summary>
    /// <param name="script">The script, which runs in a folder of its own; <c>$client</c> and <c>$KUBECONFIG</c> are set.</param>
    /// <param name="kubeconfig">Which server.</param>
    /// <param name="client">The command that is tried.</param>
    /// <param name="cancellationToken">Ends the wait and the processes.</param>
    /// <returns>What came on the terminal, with plain line ends.</returns>
    internal static async Task<string> RunAsync(string script, string kubeconfig, CommandLineClient client, CancellationToken cancellationToken)
    {
        Assert.SkipUnless(IsHere, "script and bash, which make the terminal, are not installed");
        string folder = Path.Combine(Path.GetDirectoryName(kubeconfig)!, $"session-{Guid.NewGuid():N}"), path = Path.Combine(folder, "script");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(path, Prelude + script, cancellationToken);
        Dictionary<string, string?> environment = new(client.Environment(kubeconfig)) { ["KUBECONFIG"] = kubeconfig, ["client"] = client.Program, ["KUBECACHEDIR"] = folder };
        RunOptions options = new() { Stdin = true, WorkingDirectory = folder, Environment = environment };
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(90));
        await using RunningProcess process = RunningProcess.Start(Script, ["-qefc", $"stty rows 33 cols 101; exec {Bash} --norc '{path}'", "/dev/null"], options);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"The session did not end within 90 s; so far it printed:\n{process.Stdout!.Text}{process.Stderr.Text}");
        }

        IEnumerable<string> lines = process.Stdout!.Text.Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0);
        return string.Concat(lines.Where(line => !IsOfJobs(line)).Select(line => line + "\n"));

        // what bash says of its jobs differs between versions, and by whether the script waits already when one ends
        bool IsOfJobs(string line) => line[0] == '[' || line.StartsWith(path, StringComparison.Ordinal);
    }
}
