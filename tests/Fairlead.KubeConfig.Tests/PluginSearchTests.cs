using Fairlead.KubeConfig.Credentials;

namespace Fairlead.KubeConfig.Tests;

/// <summary>Where a credential plugin is found, and what its script may be told, on Windows and elsewhere: both rules are tried on every system.</summary>
public sealed class PluginSearchTests : IDisposable
{
    readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    string? Find(string command, bool isWindows) => PluginSearch.Find(command,
        Kubeconfigs.Environment(("PATH", $"{_scratch.Folder}/first{Path.PathSeparator}bin{Path.PathSeparator}{_scratch.Folder}/bin"), ("PATHEXT", ".com;.exe;;.cmd")), isWindows);

    [Theory]
    [InlineData("aws", "bin/aws.exe", "bin/aws.exe")]
    [InlineData("aws", "bin/aws.cmd", "bin/aws.cmd")]
    [InlineData("aws", "bin/aws.cmd bin/aws.exe", "bin/aws.exe")]
    [InlineData("aws", "bin/aws.exe first/aws.cmd", "first/aws.cmd")]
    [InlineData("aws", "bin/aws bin/aws.cmd", "bin/aws.cmd")]
    [InlineData("aws", "bin/aws", null)]
    [InlineData("aws.cmd", "bin/aws.cmd", "bin/aws.cmd")]
    [InlineData("aws.v2", "bin/aws.v2.exe", "bin/aws.v2.exe")]
    [InlineData("aws.sh", "bin/aws.exe", null)]
    [InlineData("/bin/aws", "bin/aws.exe", "bin/aws.exe")]
    public void On_Windows_a_program_is_known_by_its_ending(string command, string files, string? found)
    {
        foreach (string file in files.Split(' ')) _scratch.Write(file, "");
        string? path = Find(command.StartsWith('/') ? _scratch.Folder + command : command, isWindows: true);
        Assert.Equal(found, path is null ? null : Path.GetRelativePath(_scratch.Folder, path).Replace('\\', '/'));
    }

    [Fact]
    public void Elsewhere_it_is_known_by_its_mode()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes");
        _scratch.WriteScript("bin/aws.exe", "");
        _scratch.Write("first/aws", "");
        Assert.Null(Find("aws", isWindows: false));
        string script = _scratch.WriteScript("bin/aws", "");
        Assert.Equal(script, Find("aws", isWindows: false));
    }

    [Theory]
    [InlineData("a&calc")]
    [InlineData("a|b")]
    [InlineData("<a")]
    [InlineData(">a")]
    [InlineData("^a")]
    [InlineData("%PATH%")]
    [InlineData("a!b!")]
    [InlineData("a\"b")]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    public void A_script_of_cmd_is_not_told_what_cmd_would_interpret(string argument)
    {
        foreach (string script in (string[])["aws.cmd", "aws.CMD", "aws.bat", "aws.bat. ."])
            Assert.Equal(argument, PluginScript.FindUnsafe($"/bin/{script}", ["get-token", argument], isWindows: true));
        Assert.Null(PluginScript.FindUnsafe("/bin/aws.exe", [argument], isWindows: true));
        Assert.Null(PluginScript.FindUnsafe("/bin/aws.cmd", [argument], isWindows: false));
    }

    [Fact]
    public void A_script_of_cmd_is_told_plain_words() =>
        Assert.Null(PluginScript.FindUnsafe("/bin/aws.cmd", ["eks", "get-token", "--cluster-name=a b", @"C:\Users\me", "z\u00f6"], isWindows: true));
}
