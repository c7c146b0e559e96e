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

    [Fact]
    public async Task A_native_file_is_not_made_on_another_system()
    {
        RunResult refused = await RunAsync(Script("archive"), ["win-x64", Path.Combine(_folder, "out")], ("AHEAD", "1"));
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("a native file for win-x64 is made on win-x64", refused.Stderr, StringComparison.Ordinal);
    }

    /// <summary>The SDK stands in here: it is as on Windows, whose paths its compiler has to be told, and it makes what is asked of it.</summary>
    [Theory]
    [InlineData("fairlead.exe fairlead.dll", 1)]
    [InlineData("fairlead.exe", 0)]
    public async Task An_archive_that_has_to_be_native_is_refused_with_managed_files(string made, int code)
    {
        Stand("uname", "case $1 in -s) echo MINGW64_NT-10.0-26100-ARM64 ;; -m) echo x86_64 ;; *) exit 2 ;; esac\n");
        Stand("cygpath", "[[ $1 == -w ]] || exit 2\nprintf 'C:%s\\n' \"${2//\\//\\\\}\"\n");
        Stand("dotnet", $"printf '%s\\n' \"$@\" >\"{_folder}/told\"\necho \"$MSYS2_ARG_CONV_EXCL\" >>\"{_folder}/told\"\ncd \"${{@: -1}}\"\n"
            + $"for file in {made}; do printf '#!/bin/sh\\necho made\\n' >$file; chmod +x $file; done\n");
        RunResult run = await RunAsync(Script("archive"), ["win-arm64", Path.Combine(_folder, "out")], ("AHEAD", "1"), ("VERSION", "1.2.3"), ("WORK", _folder));
        Assert.True(run.ExitCode == code, run.ToString());
        if (code != 0) Assert.Contains("not a native file", run.Stderr, StringComparison.Ordinal);
        else Assert.True(File.Exists(Path.Combine(_folder, "out", "fairlead-1.2.3-win-arm64.zip")));
        string told = await File.ReadAllTextAsync(Path.Combine(_folder, "told"), TestContext.Current.CancellationToken);
        Assert.Contains($@"-p:PathMap=C:{Repository.Root.Replace('/', '\\')}\=/_/%2C", told, StringComparison.Ordinal);
        Assert.EndsWith("-p:PathMap=\n", told, StringComparison.Ordinal);
    }
}
