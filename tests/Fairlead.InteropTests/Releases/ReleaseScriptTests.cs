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

    /// <summary>The list of contents has a test of its own, and a tool that takes a minute: here it is a file that the tool writes.</summary>
    [Fact]
    public async Task A_release_is_checked_by_its_sums_and_made_a_draft_of_with_its_notes()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        string files = Directory.CreateDirectory(Path.Combine(_folder, "files")).FullName;
        await File.WriteAllTextAsync(Path.Combine(files, "fairlead-1.2.3-alpha.4-linux-x64.tar.gz"), "an archive", cancellation);
        Stand("dotnet", "while (($#)); do case $1 in --output) to=$2 ;; --filename) name=$2 ;; esac; shift; done\n"
            + "[[ -z ${name:-} ]] || echo '{\"timestamp\": \"now\"}' >\"$to/$name\"\n");
        Stand("gh", $"printf '%s\\n' \"$PWD\" \"$@\" >\"{_folder}/told\"\n");
        RunResult finished = await RunAsync(Script("finish"), [files], ("VERSION", "1.2.3-alpha.4"));
        Assert.True(finished.ExitCode == 0, finished.ToString());

        string[] released = ["fairlead-1.2.3-alpha.4-linux-x64.tar.gz", "fairlead-1.2.3-alpha.4.cdx.json"];
        string[] there = [.. Directory.EnumerateFileSystemEntries(files).Select(static file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
        Assert.Equal(["SHA256SUMS", .. released, "notes.md"], there);
        RunResult summed = await RunAsync("bash", ["-ec", "cd \"$0\"; sha256sum --strict --check SHA256SUMS", files]);
        Assert.Equal((0, string.Concat(released.Select(static name => $"{name}: OK\n"))), (summed.ExitCode, summed.Stdout));
        string notes = await File.ReadAllTextAsync(Path.Combine(files, "notes.md"), cancellation);
        Assert.Contains("fairlead exec", notes, StringComparison.Ordinal);

        RunResult uploaded = await RunAsync(Script("upload"), ["v1.2.3-alpha.4", files]);
        Assert.True(uploaded.ExitCode == 0, uploaded.ToString());
        string[] told = (await File.ReadAllTextAsync(Path.Combine(_folder, "told"), cancellation)).TrimEnd().Split('\n');
        Assert.Equal([files, "release", "create", "v1.2.3-alpha.4", "--draft", "--verify-tag", "--title", "Fairlead 1.2.3-alpha.4", "--notes-file", "notes.md",
            "SHA256SUMS", .. released], told);

        // A file that changed on the way is not released.
        File.Delete(Path.Combine(_folder, "told"));
        await File.AppendAllTextAsync(Path.Combine(files, released[0]), "!", cancellation);
        Assert.Equal(1, (await RunAsync(Script("upload"), ["v1.2.3-alpha.4", files])).ExitCode);
        Assert.False(File.Exists(Path.Combine(_folder, "told")));
    }

    [Theory]
    [InlineData("warning CS0001: odd", 1)]
    [InlineData("all is well", 0)]
    public async Task A_build_for_another_system_that_warns_is_a_failure(string said, int code)
    {
        Stand("dotnet", $"echo 'a.cs(1,1): {said}'\n");
        RunResult run = await RunAsync(Path.Combine(Repository.Root, "eng", "systems"), [Path.Combine(_folder, "systems"), "osx-x64"]);
        Assert.Equal(code, run.ExitCode);
        Assert.Equal(code != 0, run.Stdout.Contains(said, StringComparison.Ordinal));
    }
}
