using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Testing;
using Fairlead.Yaml;

namespace Fairlead.FunctionalTests.House;

/// <summary>The forge's workflows: what they may do is little, whom they trust is named by its commit, and what they run is a script of ours.</summary>
public sealed partial class WorkflowTests
{
    static readonly string s_folder = Path.Combine(Repository.Root, ".github", "workflows");

    public static TheoryData<string> Workflows => [.. Directory.EnumerateFiles(s_folder, "*.yml").Select(static file => Path.GetFileName(file)!)];

    static JsonObject Read(string name)
    {
        using StreamReader text = new(Path.Combine(s_folder, name));
        return new YamlReader(text).Read()!.Root!.AsObject();
    }

    static IEnumerable<JsonObject> Jobs(JsonObject workflow) => workflow["jobs"]!.AsObject().Select(static job => job.Value!.AsObject());

    static IEnumerable<JsonObject> Steps(JsonObject workflow) => Jobs(workflow).SelectMany(static job => job["steps"]!.AsArray()).Select(static step => step!.AsObject());

    [Fact]
    public void There_are_those_that_docs_speak_of() =>
        Assert.Equal(["full.yml", "pack.yml", "release.yml", "site.yml", "test.yml"], Directory.EnumerateFiles(s_folder).Select(static file => Path.GetFileName(file)!).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Workflows))]
    public void Each_step_is_a_script_that_is_here_and_may_be_run_or_an_action_by_its_commit(string name)
    {
        foreach (JsonObject step in Steps(Read(name)))
        {
            if ((string?)step["uses"] is { } action)
            {
                Assert.Matches(Pinned(), action);
                continue;
            }

            string script = ((string?)step["run"])!.Split(' ')[0].TrimEnd('\n');
            Assert.DoesNotContain('\n', ((string?)step["run"])!.Trim());
            string path = Path.Combine(Repository.Root, script);
            Assert.True(File.Exists(path), $"{name} runs {script}, which is not here");
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute), $"{script} may not be run");
        }
    }

    /// <summary>A value of the forge's in a shell's line could be a line of anybody's making: it comes by the environment.</summary>
    [Theory, MemberData(nameof(Workflows))]
    public void No_line_holds_what_a_stranger_can_write(string name) =>
        Assert.All(Steps(Read(name)).Select(static step => (string?)step["run"] ?? ""), static line => Assert.DoesNotMatch(Expression(), line));

    [Theory, MemberData(nameof(Workflows))]
    public void Tokens_read_the_sources_and_one_job_writes_the_release(string name)
    {
        JsonObject workflow = Read(name);
        Assert.Equal("""{"contents":"read"}""", workflow["permissions"]!.ToJsonString());
        string[] more = [.. workflow["jobs"]!.AsObject().Where(static job => job.Value!["permissions"] is not null).Select(static job => $"{job.Key} {job.Value!["permissions"]!.ToJsonString()}")];
        Assert.Equal(name == "release.yml" ? ["""draft {"contents":"write"}"""] : [], more);
        Assert.DoesNotContain("secrets.", File.ReadAllText(Path.Combine(s_folder, name)), StringComparison.Ordinal);
        Assert.DoesNotContain("pull_request_target", File.ReadAllText(Path.Combine(s_folder, name)), StringComparison.Ordinal);
        Assert.All(Steps(workflow).Where(static step => ((string?)step["uses"])?.StartsWith("actions/checkout@", StringComparison.Ordinal) == true),
            static step => Assert.False((bool)step["with"]!["persist-credentials"]!));
    }

    /// <summary>What runs at night may take what the forge gives; what somebody waits for may not.</summary>
    [Theory, MemberData(nameof(Workflows))]
    public void Each_job_has_a_time_limit(string name) =>
        Assert.All(Jobs(Read(name)), job => Assert.InRange(int.Parse(job["timeout-minutes"]!.ToString(), CultureInfo.InvariantCulture), 1, name == "full.yml" ? 350 : 90));

    [Fact]
    public void Each_night_everything_is_tried()
    {
        JsonObject workflow = Read("full.yml");
        JsonObject on = workflow["true"]!.AsObject(); // which the word is for a reader of YAML 1.1
        Assert.NotNull(on["schedule"]);
        Assert.True(on.ContainsKey("workflow_dispatch"));
        Assert.Contains(Steps(workflow), static step => (string?)step["run"] == "./test --full");
    }

    [Fact]
    public void Each_system_of_a_release_is_one_that_is_built_ahead_on_its_own_machine()
    {
        JsonNode job = Read("release.yml")["jobs"]!["archive"]!;
        string[] systems = [.. job["strategy"]!["matrix"]!["include"]!.AsArray().Select(static one => $"{one!["system"]} {one["machine"]}")];
        Assert.Equal(["linux-x64 ubuntu-22.04", "linux-arm64 ubuntu-22.04-arm", "win-x64 windows-2025", "win-arm64 windows-11-arm", "osx-arm64 macos-15"], systems);
        Assert.Equal("${{ matrix.machine }}", (string?)job["runs-on"]);
        JsonNode step = Assert.Single(job["steps"]!.AsArray(), static step => (string?)step!["run"] is not null)!;
        Assert.Equal("1", (string?)step["env"]!["AHEAD"]);
    }

    [GeneratedRegex("^[a-z-]+/[a-z-]+@[0-9a-f]{40}$")]
    private static partial Regex Pinned();

    [GeneratedRegex(@"\$\{\{(?! *matrix\.)")]
    private static partial Regex Expression();
}
