using System.Net;
using System.Text.Json;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Sessions;
using Fairlead.Wire;

namespace Fairlead.Cli.Tests;

/// <summary>What the program prints. The texts are part of its interface.</summary>
public sealed class TextTests
{
    [Theory]
    [InlineData("", "root")]
    [InlineData("exec --help", "exec")]
    [InlineData("attach -h", "attach")]
    [InlineData("cp -h", "cp")]
    [InlineData("port-forward -h", "port-forward")]
    [InlineData("gateway -h", "gateway")]
    public async Task Help_is_as_it_was_approved(string line, string name)
    {
        CommandLines.Result result = await CommandLines.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        string approved = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Approved", name + ".txt"), TestContext.Current.CancellationToken);
        Assert.Equal(approved, result.Output);
    }

    [Fact]
    public async Task Version_is_told_as_text_and_as_json()
    {
        Assert.StartsWith("fairlead 0.", (await CommandLines.RunAsync("version")).Output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse((await CommandLines.RunAsync("version", "-o", "json")).Output);
        Assert.StartsWith("0.", json.RootElement.GetProperty("version").GetString(), StringComparison.Ordinal);
        string? commit = json.RootElement.GetProperty("commit").GetString(); // null in sources without a clone
        Assert.EndsWith(commit ?? "", json.RootElement.GetProperty("version").GetString(), StringComparison.Ordinal);
        Assert.StartsWith(".NET 10.", json.RootElement.GetProperty("runtime").GetString(), StringComparison.Ordinal);
        Assert.Contains(json.RootElement.GetProperty("compiled").GetString(), (string[])["ahead", "when it runs"]);
        JsonElement builtIn = json.RootElement.GetProperty("builtIn");
        Assert.Equal("v5.channel.k8s.io", builtIn.GetProperty("exec")[0].GetString());
        Assert.Equal("v4.channel.k8s.io", builtIn.GetProperty("execOverSpdy")[0].GetString());
        Assert.Contains("node", builtIn.GetProperty("serves").EnumerateArray().Select(static served => served.GetString()));
    }

    [Fact]
    public async Task Suggestions_know_verbs_and_options()
    {
        Assert.Contains("exec", (await CommandLines.RunAsync("[suggest:11]", "fairlead ex")).Output.Split('\n'));
        string[] options = (await CommandLines.RunAsync("[suggest:20]", "fairlead exec --ping")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["--ping-interval", "--ping-timeout"], options);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_scripts_ask_the_program(string shell)
    {
        CommandLines.Result result = await CommandLines.RunAsync("completion", shell);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("[suggest:", result.Output, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, string?, int> Failures => new()
    {
        { new SessionLostException(SessionLoss.ConnectionBroken, "The connection broke."), "the session was lost: The connection broke; whether the command finished is not known", 255 },
        { new OutputClosedException(new IOException()), null, 141 },
        { new UpgradeException("x", HttpStatusCode.Forbidden, Status.Refusal(403, "Forbidden", "pods \"demo\" is forbidden: no")), "pods \"demo\" is forbidden: no", 1 },
        { new UpgradeException("the server refused", HttpStatusCode.BadGateway, null), "the server refused", 1 },
        { new RemoteCommandException(Status.InternalError("no such file")), "Internal error occurred: no such file", 1 },
        { new HttpRequestException(HttpRequestError.ConnectionError, "the server cannot be reached: \e[2J"), "the server cannot be reached: \\x1b[2J", 1 },
        { new ArgumentException("The value cannot be an empty string.", "path"), "The value cannot be an empty string.", 1 },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void Each_failure_has_its_line_and_its_code(Exception exception, string? message, int code) =>
        Assert.Equal(new Failure(message, code), Failure.Of(exception));
}
