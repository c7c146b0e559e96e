using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Server.Operations;
using Fairlead.Testing;
using Fairlead.Yaml;

namespace Fairlead.FunctionalTests.Operations;

/// <summary>The dashboard and the alerts ask for nothing that no gateway and no node tells.</summary>
public sealed partial class MonitoringTests
{
    /// <summary>What Prometheus itself adds.</summary>
    static readonly string[] s_given = ["instance", "job", "__name__"];

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Every_metric_label_and_value_that_is_asked_for_is_told()
    {
        Scrape gateway = await Scrape.OfGatewayAsync(Ct), node = await Scrape.OfNodeAsync();
        Scrape.Family[] told = [.. gateway.Families.Values, .. node.Families.Values];
        HashSet<string> asked = [];
        foreach (string expression in Expressions())
        {
            HashSet<string> labels = [.. s_given];
            foreach (Match match in Metric().Matches(expression))
            {
                string name = match.Groups["name"].Value;
                Scrape.Family family = Assert.Single(told, each => each.Names.Contains(name));
                asked.Add(family.Name);
                labels.UnionWith(family.Labels.Keys);
                foreach (Match matcher in Matcher().Matches(match.Groups["matchers"].Value))
                {
                    string label = matcher.Groups["label"].Value;
                    if (s_given.Contains(label)) continue;
                    Assert.Contains(label, family.Labels.Keys);
                    Assert.All(matcher.Groups["value"].Value.Split('|'), value => Assert.True(IsPossible(label, value), $"{label}={value} in {expression}"));
                }
            }

            foreach (Match by in By().Matches(expression))
                Assert.All(by.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries), label => Assert.Contains(label, labels));
        }

        Assert.Equal(told.Select(static family => family.Name).Order(), asked.Order()); // and nothing that is told is looked at by nobody
    }

    [Fact]
    public void The_number_of_sessions_that_is_much_is_that_of_the_deployment()
    {
        string deployment = File.ReadAllText(Path.Combine(Repository.Root, "deploy/kustomize/gateway/deployment.yaml"));
        int most = int.Parse(MaxSessions().Match(deployment).Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains(Expressions(), expression => expression == $"sum by (instance) (fairlead_gateway_sessions_active) > {most * 9 / 10}");
    }

    [Fact]
    public void Every_alert_says_how_grave_it_is_and_where()
    {
        JsonObject[] alerts = [.. Rules()];
        Assert.Equal(alerts.Length, alerts.Select(static alert => (string?)alert["alert"]).Distinct().Count());
        Assert.All(alerts, static alert =>
        {
            Assert.Contains((string?)alert["labels"]!["severity"], (string?[])["critical", "warning"]);
            Assert.Contains("$labels.instance", (string?)alert["annotations"]!["summary"], StringComparison.Ordinal);
        });
    }

    /// <summary>Values that a label may have, whether or not this scrape had them.</summary>
    static bool IsPossible(string label, string value) => label switch
    {
        "end" => Enum.GetNames<SessionEnd>().Contains(value),
        "code" => int.TryParse(value, out int code) && code is >= 400 and < 600,
        "side" => value is "client" or "server",
        "direction" => value is "to_client" or "to_server",
        "credentials" => value is "caller" or "gateway" or "node",
        _ => false,
    };

    static IEnumerable<string> Expressions()
    {
        JsonNode dashboard = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "deploy/grafana/fairlead.json")))!;
        return dashboard["panels"]!.AsArray().Where(static panel => panel!["targets"] is not null)
            .SelectMany(static panel => panel!["targets"]!.AsArray().Select(static target => (string)target!["expr"]!))
            .Concat(Rules().Select(static rule => (string)rule["expr"]!));
    }

    static IEnumerable<JsonObject> Rules() =>
        new YamlReader(new StringReader(File.ReadAllText(Path.Combine(Repository.Root, "deploy/prometheus/fairlead.rules.yaml")))).Read()!.ToObject().Node["groups"]!.AsArray()
            .SelectMany(static group => group!["rules"]!.AsArray().Select(static rule => rule!.AsObject()));

    [GeneratedRegex("(?<name>fairlead_[a-z_]+)(\\{(?<matchers>[^}]*)\\})?")] private static partial Regex Metric();

    [GeneratedRegex("(?<label>[a-z_]+)(=~|!~|!=|=)\"(?<value>[^\"]*)\"")] private static partial Regex Matcher();

    [GeneratedRegex("by \\((?<labels>[^)]*)\\)")] private static partial Regex By();

    [GeneratedRegex("--max-sessions=([0-9]+)")] private static partial Regex MaxSessions();
}
