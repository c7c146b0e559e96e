namespace Fairlead.Files.Tests;

/// <summary>A folder for both sides of a copy, with programs that a shell finds before this machine's own.</summary>
sealed class HostTools : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-host-");

    internal HostTools()
    {
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0x1ED);
        foreach (string name in (string[])["here", "there", "bin"]) _folder.CreateSubdirectory(name);
    }

    internal string Here => _folder.FullName + "/here";

    internal string There => _folder.FullName + "/there";

    /// <summary>The variables of a shell that finds a script in a program's place; <c>$real</c> is the program.</summary>
    internal Dictionary<string, string> Instead(string program, string script)
    {
        string path = $"{_folder.FullName}/bin/{program}";
        string real = new[] { "/usr/bin/", "/bin/" }.Select(folder => folder + program).First(File.Exists);
        File.WriteAllText(path, $"#!/bin/sh\nreal={real}\n{script}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
        return new() { ["PATH"] = $"{_folder.FullName}/bin:{Environment.GetEnvironmentVariable("PATH")}" };
    }

    /// <summary>What is left of a stage.</summary>
    internal string[] Stages => Directory.GetDirectories(_folder.FullName, ".fairlead-*", SearchOption.AllDirectories);

    public void Dispose() => _folder.Delete(recursive: true);
}
