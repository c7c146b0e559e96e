using Fairlead.Node.Installation;

namespace Fairlead.Node.Tests.Installation;

/// <summary>The one line of a kubelet's configuration that an installation changes.</summary>
public sealed class AddressLineTests
{
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
        string set = AddressLine.Set(before, "f");
        Assert.Equal(expected, set);
        Assert.Equal(expected, AddressLine.Set(set, "f"));
        Assert.Equal(before, AddressLine.Restore(set, before));
        Assert.Equal(before + "\nmore: 1", AddressLine.Restore(set + "\nmore: 1", before)); // something else was changed since
    }

    [Theory]
    [InlineData("""{"port": 1}""")]
    [InlineData("address:\n  0.0.0.0\nport: 1\n")]
    [InlineData("note: |\n  x\n\"address\": 0.0.0.0\n")]
    public void What_cannot_be_changed_by_one_line_is_left_alone_and_named(string text) =>
        Assert.StartsWith("f: ", Assert.Throws<InvalidDataException>(() => AddressLine.Set(text, "f")).Message);

    [Fact]
    public void What_says_so_already_stays_as_it_is()
    {
        const string text = """{"address": "127.0.0.1"}""";
        Assert.Same(text, AddressLine.Set(text, "f"));
    }
}
