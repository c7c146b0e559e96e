using System.Text.Json.Nodes;

namespace Fairlead.Yaml.Tests;

/// <summary>What becomes of YAML. That kubectl makes the same of it is seen in Fairlead.KubeConfig.Tests, by kubectl itself.</summary>
public sealed class ReaderTests
{
    [Theory]
    [InlineData("12", "12")]
    [InlineData("-3", "-3")]
    [InlineData("0o17", "15")]
    [InlineData("017", "15")]
    [InlineData("0x1F", "31")]
    [InlineData("-0b11", "-3")]
    [InlineData("1_000", "1000")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("18446744073709551616", "1.8446744073709552E+19")]
    [InlineData("0xFFFFFFFFFFFFFFFFFF", "\"0xFFFFFFFFFFFFFFFFFF\"")]
    [InlineData("089", "89")]
    [InlineData("1.5", "1.5")]
    [InlineData("1e3", "1000")]
    [InlineData(".5", "0.5")]
    [InlineData("1e999", "\"1e999\"")]
    [InlineData("true", "true")]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("yEs", "\"yEs\"")]
    [InlineData("~", "null")]
    [InlineData("null", "null")]
    [InlineData("'12'", "\"12\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("!mine 12", "\"12\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("2026-01-01", "\"2026-01-01\"")]
    [InlineData("12:30", "\"12:30\"")]
    [InlineData("-", null)]
    [InlineData("[1, a, {b: 2}]", "[1,\"a\",{\"b\":2}]")]
    [InlineData("{&k a: 1, b: *k, <<: {c: 2, a: 3}}", "{\"a\":3,\"b\":\"a\",\"c\":2}")]
    public void A_value_has_the_type_that_kubectl_gives_it(string yaml, string? json)
    {
        if (json is null) Assert.Throws<YamlFormatException>(() => Read("value: " + yaml));
        else Assert.Equal(json, ((JsonObject)Read("value: " + yaml)!.Root!)["value"]?.ToJsonString() ?? "null");
    }

    [Fact]
    public void Anchored_values_are_repeated() => Assert.Equal(
        """{"a":{"k":1},"b":{"k":1},"c":"text","d":"text"}""", Read("a: &x {k: 1}\nb: *x\nc: &s text\nd: *s")!.Root!.ToJsonString());

    [Theory]
    [InlineData("a: 1\na: 2", "line 2: this mapping has the same key before")]
    [InlineData("a: 1\n---\n\nb: *nope", "line 4: nothing before it has the anchor that this refers to")]
    [InlineData("a: .inf", "line 1: infinity and what is not a number have no form in JSON")]
    [InlineData("a:\n- !!binary aGk=", "line 2: of YAML's own tags, only !!str is supported")]
    [InlineData("a: {<<: 1}", "line 1: what << merges is a mapping, or a list of mappings")]
    [InlineData("a: 1\n\nb: \e", "line 3: a control character stands there")]
    [InlineData("[a]: 1", "line 1: a key is a plain word")]
    [InlineData("a:\n  b: c: d", "line 2: this is not YAML")]
    [InlineData("a: {b: !!s] c}", "line 1: this is not YAML")]
    [InlineData("a:\n- b: {\nc: d\n}", "line 2: this is not YAML")]
    public void Faults_are_told_by_their_line(string yaml, string words)
    {
        YamlReader? reader = null;
        YamlFormatException refused = Assert.Throws<YamlFormatException>(() =>
        {
            reader = new YamlReader(new StringReader(yaml));
            while (reader.Read() is not null) continue;
        });
        Assert.StartsWith(words, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mapping_says_which_member_is_wrong_and_where()
    {
        YamlObject root = Read("""
            text: 1
            number: x
            flag: 'true'
            list: [a, 1]
            objects:
            - {}
            - a
            nothing:
            repeated: &x
              inner: 1
            here: *x
            """)!.ToObject("root");
        Assert.Equal("line 1: root.text: must be a string (put it in quotes)", Refused(() => root.GetText("text")));
        Assert.Equal("line 2: root.number: must be a whole number", Refused(() => root.GetInteger("number")));
        Assert.Equal("line 3: root.flag: must be true or false", Refused(() => root.GetBoolean("flag")));
        Assert.Equal("line 4: root.list[1]: must be a string (put it in quotes)", Refused(() => root.GetTexts("list")));
        Assert.Equal("line 7: root.objects[1]: must be a mapping", Refused(() => root.GetObjects("objects")));
        YamlObject here = root.GetObject("here")!.Value;
        Assert.Equal("line 11: root.here.inner: must be a string (put it in quotes)", Refused(() => here.GetText("inner")));
    }

    [Fact]
    public void What_is_null_is_not_there()
    {
        YamlObject root = Read("nothing:\nlist: [null, a]\nobjects: [null]")!.ToObject();
        Assert.Null(root.GetText("nothing"));
        Assert.Null(root.GetInteger("nothing"));
        Assert.False(root.GetBoolean("nothing"));
        Assert.Empty(root.GetTexts("nothing"));
        Assert.Empty(root.GetObjects("nothing"));
        Assert.Null(root.GetObject("nothing"));
        Assert.Equal(["", "a"], root.GetTexts("list"));
        Assert.Empty(Assert.Single(root.GetObjects("objects")).Node);
    }

    [Fact]
    public void Documents_come_one_after_the_other()
    {
        YamlReader reader = new(new StringReader("a: 1\n---\n---\n# c\nb: 2\n...\n"));
        Assert.Equal("{\"a\":1}", reader.Read()!.Root!.ToJsonString());
        Assert.Null(reader.Read()!.Root);
        YamlDocument last = reader.Read()!;
        Assert.Equal(("{\"b\":2}", 5), (last.Root!.ToJsonString(), last.Line));
        Assert.Null(reader.Read());
    }

    [Fact]
    public void Hostile_texts_are_capped()
    {
        Assert.Throws<YamlFormatException>(() => Read("a: " + new string('[', 100_000)));
        Assert.Throws<YamlFormatException>(() => Read(new string('#', (4 * 1024 * 1024) + 1)));
        string laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9).Select(
            i => $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(',', Enumerable.Repeat("*" + (char)('a' + i - 1), 10))}]\n"));
        Assert.Throws<YamlFormatException>(() => Read(laughs));
    }

    static string Refused(Func<object?> read) => Assert.Throws<YamlFormatException>(read).Message;

    static YamlDocument? Read(string text) => new YamlReader(new StringReader(text)).Read();
}
