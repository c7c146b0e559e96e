using Fairlead.Node.Installation;

namespace Fairlead.Node.Tests.Installation;

/// <summary>The one line of a kubelet's configuration that an installation changes.</summary>
public sealed class KubeletLineTests
{
    static readonly KubeletLine s_address = new("address", "127.0.0.1"), s_endpoint = new("containerRuntimeEndpoint", "unix:///run/fairlead/cri.sock");

    [Theory]
    [InlineData("port: 1\n", "address: 127.0.0.1\nport: 1\n")]
    [InlineData("", "address: 127.0.0.1\n")]
    [InlineData("# ours\n---\nport: 1\n", "# ours\n---\naddress: 127.0.0.1\nport: 1\n")]
    [InlineData("port: 1\naddress: 0.0.0.0 # all\nkind: KubeletConfiguration", "port: 1\naddress: 127.0.0.1\nkind: KubeletConfiguration")]
    [InlineData("address: \"::\"\r\nport: 1\r\n", "address: 127.0.0.1\r\nport: 1\r\n")]
    [InlineData("port: 1\r\n", "address: 127.0.0.1\r\nport: 1\r\n")]
    [InlineData("logging:\n  address: 10.0.0.1\n", "address: 127.0.0.1\nlogging:\n  address: 10.0.0.1\n")]
    public void It_is_set_and_nothing_else_changes_and_put_back(string before, string expected)
    {
        string set = s_address.Set(before, "f");
        Assert.Equal(expected, set);
        Assert.Equal(expected, s_address.Set(set, "f"));
        Assert.Equal(before, s_address.Restore(set, before));
        Assert.Equal(before + "\nmore: 1", s_address.Restore(set + "\nmore: 1", before)); // something else was changed since
    }

    [Theory]
    [InlineData("""{"port": 1}""")]
    [InlineData("address:\n  0.0.0.0\nport: 1\n")]
    [InlineData("note: |\n  x\n\"address\": 0.0.0.0\n")]
    public void What_cannot_be_changed_by_one_line_is_left_alone_and_named(string text) =>
        Assert.StartsWith("f: ", Assert.Throws<InvalidDataException>(() => s_address.Set(text, "f")).Message);

    [Fact]
    public void What_says_so_already_stays_as_it_is()
    {
        const string text = """{"address": "127.0.0.1"}""";
        Assert.Same(text, s_address.Set(text, "f"));
    }

    [Theory]
    [InlineData("containerRuntimeEndpoint: \"\"\nport: 1\n")]
    [InlineData("port: 1\n")]
    [InlineData("containerRuntimeEndpoint: unix:///run/$0/a.sock # theirs\r\nport: 1\r\n")]
    public void An_endpoint_is_set_and_put_back_as_it_was_written(string before)
    {
        string set = s_endpoint.Set(before, "f");
        Assert.Contains("containerRuntimeEndpoint: unix:///run/fairlead/cri.sock", set, StringComparison.Ordinal);
        Assert.Equal(before, s_endpoint.Restore(set, before));
    }

    [Theory]
    [InlineData("containerRuntimeEndpoint: \"unix:///run/fairlead/cri.sock\"\nport: 1\n", "containerRuntimeEndpoint: unix:///c.sock\nport: 1\n")]
    [InlineData("containerRuntimeEndpoint: unix:///run/fairlead/cri.sock  # ours", "containerRuntimeEndpoint: unix:///c.sock")]
    [InlineData("containerRuntimeEndpoint: unix:///run/fairlead/cri.sock2\n", "containerRuntimeEndpoint: unix:///run/fairlead/cri.sock2\n")]
    public void What_somebody_has_written_in_another_way_is_found_again(string text, string otherwise)
    {
        Assert.Equal(otherwise, System.Text.Encoding.UTF8.GetString(s_endpoint.Otherwise(System.Text.Encoding.UTF8.GetBytes(text), "unix:///c.sock")));
        Assert.Equal(otherwise, s_endpoint.Restore(text, "containerRuntimeEndpoint: unix:///c.sock\n"));
    }
}
