namespace Fairlead.Node.Tests.Host;

/// <summary>A machine's files, found from outside it: links lead where the machine itself would go, and never out of its root.</summary>
public sealed class HostRootTests : IDisposable
{
    readonly HostFolder _host = new();

    [Theory]
    [InlineData("/pki/current.pem", "/pki/real.pem")] // as a kubelet links its own
    [InlineData("/pki/current.pem", "real.pem")]
    [InlineData("/pki/current.pem", "../pki/./real.pem")]
    [InlineData("/pki/current.pem", "/../../../pki/real.pem")]
    public void A_link_leads_below_the_root(string link, string target)
    {
        _host["/pki/real.pem"] = "certificate";
        File.CreateSymbolicLink(_host.Root.PathOf(link), target);
        Assert.Equal(_host.Root.PathOf("/pki/real.pem"), _host.Root.Find(link));
        Assert.Equal("certificate", _host.Root.ReadText(link));
        Assert.Equal("certificate"u8.ToArray(), _host.Root.ReadBytes(link));
    }

    [Fact]
    public void So_does_a_link_of_a_folder()
    {
        _host["/run/containerd/file"] = "found";
        Directory.CreateDirectory(_host.Root.PathOf("/var"));
        File.CreateSymbolicLink(_host.Root.PathOf("/var/run"), "/run");
        Assert.Equal("found", _host.Root.ReadText("/var/run/containerd/file"));
        _host.Root.Write("/var/run/containerd/new", "written"u8.ToArray());
        Assert.Equal("written", _host["/run/containerd/new"]);
        Assert.True(_host.Root.HasFile("/var/run/containerd/new"));
        _host.Root.Delete("/var/run/containerd/new");
        Assert.False(File.Exists(_host.Root.PathOf("/run/containerd/new")));
    }

    [Fact]
    public void What_is_on_this_machine_is_not_taken_for_the_others()
    {
        using HostFolder other = new();
        other["/secret"] = "this machine's";
        _host["/etc/file"] = "";
        File.CreateSymbolicLink(_host.Root.PathOf("/etc/out"), other.Root.PathOf("/secret"));
        Assert.Null(_host.Root.ReadBytes("/etc/out"));
        Assert.Contains("/etc/out: there is no such file", Assert.Throws<InvalidDataException>(() => _host.Root.ReadText("/etc/out")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_that_lead_to_each_other_end()
    {
        _host["/etc/file"] = "";
        File.CreateSymbolicLink(_host.Root.PathOf("/etc/a"), "b");
        File.CreateSymbolicLink(_host.Root.PathOf("/etc/b"), "a");
        Assert.Equal("/etc/a: it goes from link to link", Assert.Throws<InvalidDataException>(() => _host.Root.Find("/etc/a")).Message);
    }

    [Fact]
    public void A_link_is_not_written_over()
    {
        _host["/etc/real"] = "untouched";
        File.CreateSymbolicLink(_host.Root.PathOf("/etc/link"), "real");
        Assert.Equal("/etc/link: it is a link, which is not followed", Assert.Throws<IOException>(() => _host.Root.Write("/etc/link", "new"u8.ToArray())).Message);
        Assert.Equal("untouched", _host["/etc/real"]);
    }

    public void Dispose() => _host.Dispose();
}
