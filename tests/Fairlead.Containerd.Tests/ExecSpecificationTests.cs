using System.Text.Json.Nodes;
using Fairlead.Containerd.Tasks;
using Fairlead.Wire;

namespace Fairlead.Containerd.Tests;

/// <summary>The process of a command, made out of its container's.</summary>
public sealed class ExecSpecificationTests
{
    const string Process = """{"user":{"uid":7,"additionalGids":[8]},"args":["main"],"commandLine":"main","env":["A=b","TERM=dumb"],"cwd":"/x","capabilities":{"bounding":["CAP_CHOWN"]},"rlimits":[{"type":"RLIMIT_NOFILE","hard":1,"soft":1}],"noNewPrivileges":true,"oomScoreAdj":9,"terminal":true,"consoleSize":{"height":1,"width":1}}""";

    [Fact]
    public void Everything_stays_but_what_is_run()
    {
        JsonObject made = ExecSpecification.Apply(JsonNode.Parse(Process)!.AsObject(), new() { Command = ["ls", "a b", ""], Stdout = true }, null);
        JsonObject expected = JsonNode.Parse(Process)!.AsObject();
        expected["args"] = new JsonArray("ls", "a b", "");
        expected["terminal"] = false;
        expected.Remove("commandLine");
        expected.Remove("consoleSize");

        Assert.True(JsonNode.DeepEquals(expected, made), made.ToJsonString());
    }

    [Theory]
    [InlineData("""{"env":["A=b","TERM=dumb","C=d"]}""", "A=b,TERM=xterm,C=d")]
    [InlineData("""{"env":["A=b"]}""", "A=b,TERM=xterm")]
    [InlineData("{}", "TERM=xterm")]
    public void A_terminal_has_its_name_and_its_size(string process, string environment)
    {
        JsonObject made = ExecSpecification.Apply(JsonNode.Parse(process)!.AsObject(), new() { Command = ["sh"], Tty = true }, new TerminalSize(80, 24));

        Assert.Equal(environment, string.Join(',', made["env"]!.AsArray().Select(variable => (string?)variable)));
        Assert.True((bool)made["terminal"]!);
        Assert.Equal("""{"height":24,"width":80}""", made["consoleSize"]!.ToJsonString());
    }
}
