using System.Net.Sockets;
using Fairlead.Node.CriProxy;
using Fairlead.Testing.Containerd;

namespace Fairlead.Containerd.Tests;

/// <summary>What is said where no runtime answers.</summary>
public sealed class UnreachableRuntimeTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fl-nobody-");

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    string Path => System.IO.Path.Combine(_folder.FullName, "cri.sock");

    [Fact(Timeout = 30_000)]
    public async Task A_socket_that_is_not_there_is_named() =>
        Assert.Equal($"the container runtime at unix://{Path} does not answer: there is no such file", (await ConnectAsync()).Message);

    [Fact(Timeout = 30_000)]
    public async Task A_file_that_is_no_socket_is_named()
    {
        await File.WriteAllTextAsync(Path, "text", Cancelled);
        Assert.Equal($"the container runtime at unix://{Path} does not answer: nobody listens there", (await ConnectAsync()).Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_socket_that_says_nothing_is_not_waited_for()
    {
        using Socket mute = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        mute.Bind(new UnixDomainSocketEndPoint(Path));
        mute.Listen();
        IOException failure = await ConnectAsync(new CriRuntimeOptions { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.Equal($"the container runtime at unix://{Path} does not answer: it said nothing for 0.3 s; is this its gRPC socket?", failure.Message);
    }

    [Fact]
    public void A_path_that_no_socket_can_have_is_refused() =>
        Assert.Contains("107", Assert.Throws<FormatException>(() => UnixSocketAddress.Parse("/" + new string('x', 107))).Message, StringComparison.Ordinal);

    [Fact(Timeout = 30_000)]
    public async Task The_folder_of_a_proxys_socket_is_made()
    {
        await using ScriptedCri cri = await ScriptedCri.StartAsync(Path, Cancelled);
        string listen = System.IO.Path.Combine(_folder.FullName, "new", "cri.sock");
        CriProxyOptions options = new()
        {
            Cri = UnixSocketAddress.Parse(Path),
            Listen = UnixSocketAddress.Parse(listen),
            Runtime = new CriRuntimeOptions { StreamThrough = StreamThrough.Cri },
        };
        await using (await CriProxyServer.StartAsync(options, Cancelled)) Assert.True(File.Exists(listen));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(System.IO.Path.GetDirectoryName(listen)!));
    }

    [Fact(Timeout = 30_000)]
    [Trait("Case", "C25")]
    public async Task A_proxys_socket_is_not_put_where_others_could_replace_it()
    {
        await using ScriptedCri cri = await ScriptedCri.StartAsync(Path, Cancelled);
        string open = _folder.CreateSubdirectory("open").FullName;
        File.SetUnixFileMode(open, (UnixFileMode)0x1ff); // 0777
        CriProxyOptions options = new()
        {
            Cri = UnixSocketAddress.Parse(Path),
            Listen = UnixSocketAddress.Parse(System.IO.Path.Combine(open, "cri.sock")),
            Runtime = new CriRuntimeOptions { StreamThrough = StreamThrough.Cri },
        };
        IOException refused = await Assert.ThrowsAsync<IOException>(async () => await CriProxyServer.StartAsync(options, Cancelled));
        Assert.Contains("others may write there", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(open));

        File.SetUnixFileMode(open, (UnixFileMode)0x3ff); // 1777, as /tmp: nobody else can take it away
        await using (await CriProxyServer.StartAsync(options, Cancelled)) Assert.True(File.Exists(options.Listen.Path));
    }

    async Task<IOException> ConnectAsync(CriRuntimeOptions? options = null) =>
        await Assert.ThrowsAsync<IOException>(async () => await CriRuntime.ConnectAsync(UnixSocketAddress.Parse(Path), options, cancellationToken: Cancelled));

    public void Dispose() => _folder.Delete(recursive: true);
}
