using System.Text;
using System.Text.Json;
using Fairlead.Cli.Logging;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Tests.Logging;

/// <summary>What a line holds, as text and as JSON.</summary>
public sealed partial class LogLinesTests
{
    const string Hostile = "e\u001b[31mvil\r\n\u202eüber";

    [LoggerMessage(7, LogLevel.Warning, "{Name} did {Count} things", EventName = "ThingsDone")]
    static partial void Told(ILogger logger, Exception? exception, string name, int count);

    [Fact]
    public void Json_has_one_object_a_line()
    {
        string line = Write(new JsonLines(), LogLevel.Debug, logger => Told(logger, Thrown(), Hostile, 3));
        Assert.EndsWith("\n", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line[..^1]);
        using JsonDocument json = JsonDocument.Parse(line);
        JsonElement root = json.RootElement;
        Assert.Equal(["time", "level", "category", "event", "message", "fields", "exception"], root.EnumerateObject().Select(static property => property.Name));
        Assert.Equal(TimeSpan.Zero, root.GetProperty("time").GetDateTimeOffset().Offset);
        Assert.Equal(("warn", "Room", "ThingsDone"), (root.GetProperty("level").GetString(), root.GetProperty("category").GetString(), root.GetProperty("event").GetString()));
        Assert.Equal(@"e\x1b[31mvil\r\n\u202eüber did 3 things", root.GetProperty("message").GetString());
        Assert.Equal(["Name", "Count"], root.GetProperty("fields").EnumerateObject().Select(static property => property.Name));
        Assert.Equal(3, root.GetProperty("fields").GetProperty("Count").GetInt32());
        JsonElement[] causes = [.. root.GetProperty("exception").EnumerateArray()];
        Assert.Equal(["InvalidOperationException", "IOException"], causes.Select(static cause => cause.GetProperty("kind").GetString()));
        Assert.Equal(@"inner \x1b", causes[1].GetProperty("message").GetString());
        Assert.Contains(nameof(Thrown), causes[0].GetProperty("stack").GetString(), StringComparison.Ordinal);
        Assert.Contains("über", line, StringComparison.Ordinal); // UTF-8, not escapes
    }

    [LoggerMessage(8, LogLevel.Warning, "{A} {B} {C} {D} {E} {F} {Namespace}")]
    static partial void ManyTold(ILogger logger, int a, int b, int c, int d, double e, uint f, string @namespace);

    [Fact]
    public void Fields_have_the_templates_names_and_numbers_are_numbers()
    {
        string line = Write(new JsonLines(), LogLevel.Debug, static logger => ManyTold(logger, 1, 2, 3, 4, 5.5, 6, "shop"));
        JsonElement fields = JsonDocument.Parse(line).RootElement.GetProperty("fields");
        Assert.Equal((5.5, 6, "shop"), (fields.GetProperty("E").GetDouble(), fields.GetProperty("F").GetInt32(), fields.GetProperty("Namespace").GetString()));
    }

    [Fact]
    public void Text_has_a_line_for_what_happened_and_indented_ones_for_stacks()
    {
        string[] lines = Write(new TextLines(static () => true), LogLevel.Debug, logger => Told(logger, Thrown(), Hostile, 3)).Split("\r\n");
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn Room: e\\x1b\[31mvil\\r\\n\\u202eüber did 3 things: InvalidOperationException: outer; by IOException: inner \\x1b$", lines[0]);
        Assert.All(lines[1..^1], static line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Stacks_are_for_debug_alone()
    {
        Assert.DoesNotContain("stack", Write(new JsonLines(), LogLevel.Information, logger => Told(logger, Thrown(), "a", 1)), StringComparison.Ordinal);
        Assert.Single(Write(new TextLines(static () => false), LogLevel.Information, logger => Told(logger, Thrown(), "a", 1)).TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData(LogLevel.Error, false, "")]
    [InlineData(LogLevel.Warning, true, "a did 1 things")]
    public void A_level_leaves_out_what_is_below(LogLevel level, bool isTold, string words)
    {
        string text = Write(new TextLines(static () => false), level, static logger => Told(logger, null, "a", 1));
        Assert.Equal(isTold, text.Length > 0);
        Assert.Contains(words, text, StringComparison.Ordinal);
    }

    static string Write(ILogFormat format, LogLevel level, Action<ILogger> tell)
    {
        MemoryStream target = new();
        using (LogOutput output = new(target, format, level, isChosen: true)) tell(output.CreateLogger("Room"));
        return Encoding.UTF8.GetString(target.ToArray());
    }

    static InvalidOperationException Thrown()
    {
        try
        {
            throw new InvalidOperationException("outer", new IOException("inner \u001b"));
        }
        catch (InvalidOperationException e)
        {
            return e;
        }
    }
}
