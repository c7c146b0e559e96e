using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Yaml;

namespace Fairlead.InteropTests.Deploy;

/// <summary>
/// The alerts of <c>deploy/prometheus</c> as Prometheus' own tool reads them: each fires when what it is about happens, tells whom it is about, and is silent
/// before that, and about another instance that has nothing but what is usual.
/// </summary>
public sealed class AlertRulesTests : IDisposable
{
    /// <summary>Minutes: until the first all is well, and at the last everything has lasted for long enough.</summary>
    const int Begins = 10, Late = 45;

    const string File = "fairlead.rules.yaml";

    static readonly string s_rules = Path.Combine(Repository.Root, "deploy/prometheus", File);

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-rules-");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>What makes an alert fire, as series of instance <c>a</c>: labels, and what is added in each minute from the beginning on.</summary>
    /// <param name="Series">The metric, with labels beside the instance.</param>
    /// <param name="Once">What it is before.</param>
    /// <param name="Then">What it is, or grows by, from then on.</param>
    /// <param name="Grows">It is a counter that goes on counting.</param>
    sealed record Cause(string Series, double Once, double Then, bool Grows);

    static Cause Gauge(string series, double value) => new(series, 0, value, Grows: false);

    static Cause Counter(string series, double perMinute) => new(series, 0, perMinute, Grows: true);

    /// <summary>By the alert: its causes, the labels that it has beside the instance, and what is usual and must not set it off.</summary>
    static readonly Dictionary<string, (Cause[] Causes, string Labels, Cause[] Usual)> s_alerts = new()
    {
        ["FairleadAuditLinesLost"] = ([Gauge("fairlead_gateway_audit_failures_total", 1)], "", [Gauge("fairlead_gateway_audit_failures_total", 0)]),
        ["FairleadReviewerAway"] = ([Gauge("fairlead_gateway_reviewer_away_seconds{credentials='caller'}", 61)], "credentials=caller", [Gauge("fairlead_gateway_reviewer_away_seconds{credentials='caller'}", 59)]),
        ["FairleadServerBehindFails"] = (
            [Counter("fairlead_gateway_sessions_refused_total{code='502',client='v5',kind='exec'}", 1)], "code=502",
            [Counter("fairlead_gateway_sessions_refused_total{code='403',client='v5',kind='exec'}", 9)]),
        ["FairleadGatewayFull"] = (
            [Counter("fairlead_gateway_sessions_refused_total{code='429',client='v5',kind='exec'}", 1)], "",
            [Counter("fairlead_gateway_sessions_refused_total{code='403',client='v5',kind='exec'}", 9)]),
        ["FairleadGatewayNearlyFull"] = (
            [Gauge("fairlead_gateway_sessions_active{client='v5',kind='exec'}", 2000), Gauge("fairlead_gateway_sessions_active{client='v4',kind='attach'}", 1700)], "",
            [Gauge("fairlead_gateway_sessions_active{client='v5',kind='exec'}", 3600)]),
        ["FairleadSessionsLostBehind"] = (
            [Counter("fairlead_gateway_sessions_lost_total{side='server',client='v5'}", 1), Counter("fairlead_gateway_sessions_ended_total{end='Completed'}", 15)], "",
            [Counter("fairlead_gateway_sessions_lost_total{side='server',client='v5'}", 1), Counter("fairlead_gateway_sessions_lost_total{side='client',client='v5'}", 9), Counter("fairlead_gateway_sessions_ended_total{end='Completed'}", 25)]),
        ["FairleadGatewayFaults"] = (
            [Gauge("fairlead_gateway_sessions_ended_total{end='Failed',kind='exec'}", 1)], "end=Failed kind=exec", [Counter("fairlead_gateway_sessions_ended_total{end='Completed',kind='exec'}", 9)]),
        ["FairleadNodeReviewerAway"] = ([Gauge("fairlead_node_reviewer_away_seconds", 61)], "", [Gauge("fairlead_node_reviewer_away_seconds", 59)]),
        ["FairleadNodeRuntimeFails"] = (
            [Counter("fairlead_node_sessions_refused_total{code='503',client='v5'}", 1)], "code=503", [Counter("fairlead_node_sessions_refused_total{code='404',client='v5'}", 9)]),
        ["FairleadNodeSessionsLost"] = (
            [Counter("fairlead_node_sessions_lost_total{side='server'}", 1), Counter("fairlead_node_sessions_ended_total{end='Completed'}", 15)], "",
            [Counter("fairlead_node_sessions_lost_total{side='client'}", 9), Counter("fairlead_node_sessions_ended_total{end='Completed'}", 15)]),
        ["FairleadNodeFaults"] = ([Gauge("fairlead_node_sessions_ended_total{end='Failed'}", 1)], "end=Failed", [Counter("fairlead_node_sessions_ended_total{end='ServerLost'}", 9)]),
    };

    [Fact]
    public async Task Prometheus_reads_them_and_finds_nothing_doubtful() => await RunAsync("check", "rules", "--lint=all", "--lint-fatal", s_rules);

    [Fact]
    public async Task Each_fires_when_it_should_for_whom_it_should_and_not_before()
    {
        JsonObject[] rules =
        [
            .. new YamlReader(new StringReader(await System.IO.File.ReadAllTextAsync(s_rules, Ct))).Read()!.ToObject().Node["groups"]!.AsArray()
                .SelectMany(static group => group!["rules"]!.AsArray()).Select(static rule => rule!.AsObject()),
        ];
        Assert.Equal(s_alerts.Keys.Order(), rules.Select(static rule => (string)rule["alert"]!).Order());
        JsonObject tests = new()
        {
            ["rule_files"] = new JsonArray(File),
            ["evaluation_interval"] = "1m",
            ["tests"] = new JsonArray([.. rules.Select(TestOf)]),
        };
        System.IO.File.Copy(s_rules, Path.Combine(_folder.FullName, File));
        string written = Path.Combine(_folder.FullName, "tests.yaml"); // of which JSON is a part
        await System.IO.File.WriteAllTextAsync(written, tests.ToJsonString(new JsonSerializerOptions { WriteIndented = true }), Ct);
        await RunAsync("test", "rules", written);
    }

    static JsonNode TestOf(JsonObject rule)
    {
        string alert = (string)rule["alert"]!;
        (Cause[] causes, string labels, Cause[] usual) = s_alerts[alert];
        JsonObject fired = new() { ["exp_labels"] = new JsonObject { ["instance"] = "a" }, ["exp_annotations"] = new JsonObject() };
        foreach (string label in labels.Split(' ', StringSplitOptions.RemoveEmptyEntries)) fired["exp_labels"]![label.Split('=')[0]] = label.Split('=')[1];
        foreach ((string name, JsonNode? value) in rule["labels"]!.AsObject()) fired["exp_labels"]![name] = (string?)value;
        foreach ((string name, JsonNode? value) in rule["annotations"]!.AsObject())
            fired["exp_annotations"]![name] = ((string)value!).Replace("{{ $labels.instance }}", "a", StringComparison.Ordinal)
                .Replace("{{ $labels.code }}", (string?)fired["exp_labels"]!["code"], StringComparison.Ordinal);
        return new JsonObject
        {
            ["name"] = alert,
            ["interval"] = "1m",
            ["input_series"] = new JsonArray([.. causes.Select(static cause => Series(cause, "a", Begins)), .. usual.Select(static cause => Series(cause, "b", 0))]),
            ["alert_rule_test"] = new JsonArray(
                At(Begins - 1, null), // all is well
                At(Begins, rule["for"] is null ? fired : null), // it has only begun
                At(Late, fired)),
        };

        JsonNode At(int minute, JsonObject? expected) => new JsonObject
        {
            ["eval_time"] = $"{minute}m",
            ["alertname"] = alert,
            ["exp_alerts"] = expected is null ? [] : new JsonArray(expected.DeepClone()),
        };
    }

    static JsonObject Series(Cause cause, string instance, int begins)
    {
        string name = cause.Series.Contains('{', StringComparison.Ordinal) ? cause.Series.Replace("{", $"{{instance='{instance}',", StringComparison.Ordinal) : $"{cause.Series}{{instance='{instance}'}}";
        IEnumerable<double> values = Enumerable.Range(0, Late + 1).Select(minute =>
            minute < begins ? cause.Once : cause.Grows ? cause.Once + (cause.Then * (minute - begins + 1)) : cause.Then);
        return new JsonObject
        {
            ["series"] = name.Replace('\'', '"'),
            ["values"] = string.Join(' ', values.Select(static value => value.ToString(System.Globalization.CultureInfo.InvariantCulture))),
        };
    }

    static async Task RunAsync(params string[] arguments)
    {
        Peer peer = Peer.Find(Peer.Promtool);
        Assert.SkipWhen(peer.MissingBecause is not null, peer.MissingBecause ?? "");
        RunResult run = await RunningProcess.RunAsync(Path.Combine(peer.Folder, Peer.Promtool), arguments, cancellationToken: Ct);
        Assert.True(run.ExitCode == 0, run.ToString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
