namespace Fairlead.InteropTests.Releases;

/// <summary>What the scripts of a release do on machines that are not here, and with a forge that is not: programs in PATH stand for both.</summary>
public sealed class ReleaseScriptTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-release-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static string Script(string name) => Path.Combine(Repository.Root, "eng", "release", name);

    /// <summary>Puts a program before those of the machine.</summary>
    void Stand(string name, string script)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName, name);
        File.WriteAllText(path, "#!/usr/bin/env bash\n" + script);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    Task<RunResult> RunAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        Dictionary<string, string?> all = new() { ["PATH"] = $"{_folder}/bin:{Environment.GetEnvironmentVariable("PATH")}" };
        foreach ((string name, string value) in environment) all[name] = value;
        return RunningProcess.RunAsync(program, arguments, null, new RunOptions { Environment = all }, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("Linux", "x86_64", "linux-x64")]
    [InlineData("Linux", "aarch64", "linux-arm64")]
    [InlineData("MINGW64_NT-10.0-26100", "x86_64", "win-x64")]
    [InlineData("MINGW64_NT-10.0-26100-ARM64", "x86_64", "win-arm64")]
    [InlineData("MINGW64_NT-10.0-26100-ARM64", "aarch64", "win-arm64")]
    [InlineData("Darwin", "arm64", "osx-arm64")]
    public async Task A_machine_s_system_is_the_machine_s_and_not_its_shell_s(string kernel, string machine, string system)
    {
        Stand("uname", $"case $1 in -s) echo {kernel} ;; -m) echo {machine} ;; *) exit 2 ;; esac\n");
        RunResult said = await RunAsync("bash", ["-ec", ". \"$0\"; own_system", Script("common")]);
        Assert.Equal((0, system), (said.ExitCode, said.Stdout.Trim()));
    }
}
