using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.Cli;
using Fairlead.Gateway;
using Fairlead.Server.Operations;
using Fairlead.Testing;
using Microsoft.Extensions.Logging;

namespace Fairlead.FunctionalTests.Operations;

/// <summary>docs/operations.md says what the code does: every metric, event, field and exit code, and none that is not.</summary>
public sealed partial class OperationsPageTests
{
    static readonly string[] s_rooms = ["Cli", "Client", "Containerd", "Files", "Gateway", "KubeConfig", "Lab", "Node", "Server", "Streaming", "Upgrades"];

    static readonly string s_page = File.ReadAllText(Path.Combine(Repository.Root, "docs/operations.md"));

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Every_metric_is_there_with_its_labels()
    {
        Scrape gateway = await Scrape.OfGatewayAsync(Ct), node = await Scrape.OfNodeAsync();
        RequireTable("metrics", gateway.Families.Values.Concat(node.Families.Values).Select(static family =>
            $"| `{family.Name}` | {family.Type} | {string.Join(", ", family.Labels.Keys.Where(static label => label != "le").Select(static label => $"`{label}`"))} | {family.Help} |"));
    }

    [Fact]
    public void Every_log_event_is_there()
    {
        List<string> rows = [];
        foreach (string room in s_rooms)
        {
            IEnumerable<(LoggerMessageAttribute Event, MethodInfo Method)> events = Assembly.Load(room == "Cli" ? "fairlead" : "Fairlead." + room).GetTypes()
                .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                .Select(static method => (method.GetCustomAttribute<LoggerMessageAttribute>()!, method)).Where(static found => found.Item1 is not null);
            rows.AddRange(events.OrderBy(From, StringComparer.Ordinal).ThenBy(static found => found.Event.EventId)
                .Select(static found => $"| {From(found)} | {found.Event.EventId} | `{found.Event.EventName}` | {LevelOf(found.Event)} | {found.Event.Message.Replace("|", "\\|", StringComparison.Ordinal)} |"));
        }

        Assert.True(rows.Count > 80, $"only {rows.Count} events were found");
        Assert.Equal(rows.Count, rows.Select(static row => string.Join('|', row.Split('|')[1..3])).Distinct().Count()); // a number has one meaning
        RequireTable("events", rows);

        static string From((LoggerMessageAttribute Event, MethodInfo Method) found) => found.Method.DeclaringType!.Namespace!["Fairlead.".Length..];

        static string LevelOf(LoggerMessageAttribute told) => told.Level is < LogLevel.Trace or >= LogLevel.None ? "by what happened" : told.Level.ToString();
    }

    [Fact]
    public void Every_field_of_the_audit_is_there_and_every_way_to_end()
    {
        AuditRecord session = new()
        {
            Time = DateTimeOffset.UnixEpoch,
            Who = "w",
            Address = "a",
            Kind = "exec",
            Namespace = "n",
            Pod = "p",
            Container = "c",
            Command = "sh",
            ClientProtocol = "x",
            ServerProtocol = "y",
            ClientHttp = "1.1",
            ServerHttp = "2",
            ExitCode = 1,
            End = "Completed",
            Reason = "r",
        };
        Assert.All(typeof(AuditRecord).GetProperties().Where(static each => each.Name != nameof(AuditRecord.Path)), property => Assert.NotNull(property.GetValue(session))); // nothing was left out here
        string[] fields = [.. Fields(session).Union(Fields(session with { Path = "/x" }))];
        Assert.Equal(fields.Order(), FirstColumn("audit").Order());
        Assert.Equal(Enum.GetNames<SessionEnd>().Order(), FirstColumn("ends").Order());

        static IEnumerable<string> Fields(AuditRecord record) => JsonNode.Parse(record.ToJson())!.AsObject().Select(static field => field.Key);
    }

    [Fact]
    public void Every_exit_code_is_there() => Assert.Equal(
        typeof(ExitCodes).GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Where(static field => field is { IsLiteral: true } && field.FieldType == typeof(int))
            .Select(static field => ((int)field.GetRawConstantValue()!).ToString(CultureInfo.InvariantCulture)).Order(),
        FirstColumn("codes").Where(static code => !code.Contains('N', StringComparison.Ordinal)).Order());

    /// <summary>The page has exactly these rows there; what it should have is written beside the build, to be put in.</summary>
    static void RequireTable(string section, IEnumerable<string> rows)
    {
        string expected = string.Join('\n', rows);
        string proposal = Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts/operations")).FullName, section + ".md");
        File.WriteAllText(proposal, expected + "\n");
        Assert.True(string.Join('\n', Rows(section)) == expected, $"docs/operations.md differs at \"{section}\" from {proposal}");
    }

    static IEnumerable<string> FirstColumn(string section) => Rows(section).Select(static row => row.Split('|')[1].Trim(' ', '`'));

    /// <summary>The rows of the table behind a mark, without its head.</summary>
    static IEnumerable<string> Rows(string section)
    {
        Match mark = Mark().Matches(s_page).Single(match => match.Groups[1].Value == section);
        return s_page[(mark.Index + mark.Length)..].TrimStart('\n').Split('\n').TakeWhile(static line => line.StartsWith('|')).Skip(2);
    }

    [GeneratedRegex("^<!-- held by a test: ([a-z]+) -->$", RegexOptions.Multiline)] private static partial Regex Mark();
}
