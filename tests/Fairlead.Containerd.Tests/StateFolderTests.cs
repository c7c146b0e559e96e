using Fairlead.Containerd.Tasks;
using Fairlead.Testing.Containerd;
using Grpc.Core;

namespace Fairlead.Containerd.Tests;

/// <summary>Where a node keeps what a crash must not lose, and what the next start finds there.</summary>
public sealed class StateFolderTests : IAsyncLifetime
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fl-state-");
    ScriptedCri _cri = null!;

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    string State => Path.Combine(_folder.FullName, "deep", "state");

    string Socket => Path.Combine(_folder.FullName, "cri.sock");

    public async ValueTask InitializeAsync()
    {
        _cri = await ScriptedCri.StartAsync(Socket, Cancelled);
        ScriptedPod.Teach(_cri);
    }

    [Fact(Timeout = 30_000)]
    [Trait("Case", "C25")]
    public async Task Everything_that_is_made_is_for_its_owner_alone()
    {
        await using CriRuntime runtime = await ConnectAsync();
        string[] made = [Path.Combine(_folder.FullName, "deep"), State, .. Directory.EnumerateDirectories(State, "*", SearchOption.AllDirectories)];
        Assert.Equal(4, made.Length);
        Assert.All(made, static folder => Assert.Equal(OwnerOnly, File.GetUnixFileMode(folder)));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite | UnixFileMode.StickyBit)]
    [Trait("Case", "C25")]
    public async Task A_folder_that_others_may_write_is_refused(UnixFileMode more)
    {
        Directory.CreateDirectory(State);
        File.SetUnixFileMode(State, OwnerOnly | more);
        await AssertRefusedAsync("others may write there");
    }

    [Fact(Timeout = 30_000)]
    [Trait("Case", "C25")]
    public async Task A_folder_below_one_that_others_may_write_is_refused()
    {
        Directory.CreateDirectory(State);
        File.SetUnixFileMode(Path.Combine(_folder.FullName, "deep"), OwnerOnly | UnixFileMode.OtherWrite);
        await AssertRefusedAsync("others may write there");
    }

    [Fact(Timeout = 30_000)]
    [Trait("Case", "C25")]
    public async Task A_link_is_refused()
    {
        string elsewhere = _folder.CreateSubdirectory("elsewhere").FullName;
        Directory.CreateDirectory(Path.GetDirectoryName(State)!);
        Directory.CreateSymbolicLink(State, elsewhere);
        await AssertRefusedAsync("it is a link");
        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere));
    }

    [Fact(Timeout = 30_000)]
    [Trait("Case", "C25")]
    public async Task Somebody_elses_folder_is_refused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, to give a folder away");
        Directory.CreateDirectory(State);
        using System.Diagnostics.Process chown = System.Diagnostics.Process.Start("chown", ["65534", State]);
        await chown.WaitForExitAsync(Cancelled);
        await AssertRefusedAsync("it belongs to user 65534");
    }

    [Fact(Timeout = 30_000)]
    [Trait("Case", "C25")]
    public async Task Links_inside_are_not_followed()
    {
        string own = await RootAsync(), victim = _folder.CreateSubdirectory("victim").FullName, secret = Path.Combine(_folder.FullName, "secret");
        DirectoryInfo inner = Directory.CreateDirectory(Path.Combine(victim, "fairlead-1"));
        await File.WriteAllTextAsync(Path.Combine(inner.FullName, "container"), "c1", Cancelled);
        await File.WriteAllTextAsync(secret, "text", Cancelled);
        Directory.CreateSymbolicLink(Path.Combine(own, "linked"), victim);
        string left = Path.Combine(own, "left");
        Directory.CreateDirectory(Path.Combine(left, "fairlead-2"), OwnerOnly);
        File.SetUnixFileMode(left, OwnerOnly);
        File.CreateSymbolicLink(Path.Combine(left, "lock"), secret);

        await (await ConnectAsync()).DisposeAsync();
        Assert.True(Directory.Exists(inner.FullName));
        Assert.False(File.Exists(Path.Combine(victim, "lock")));
        Assert.Equal("text", await File.ReadAllTextAsync(secret, Cancelled));
        Assert.True(Directory.Exists(left)); // whose lock cannot be taken
    }

    [Theory(Timeout = 30_000)]
    [InlineData(StatusCode.NotFound, "not found")]
    [InlineData(StatusCode.Unknown, "process already finished: unknown")]
    [InlineData(StatusCode.FailedPrecondition, "process already finished: failed precondition")]
    [InlineData(StatusCode.Unknown, "ttrpc: closed: unknown")]
    [Trait("Case", "C26")]
    public async Task A_command_that_ends_by_itself_while_it_is_ended_is_gone(StatusCode code, string text)
    {
        string own = await RootAsync(), left = Path.Combine(own, "left", "fairlead-1");
        Directory.CreateDirectory(Path.Combine(own, "left"), OwnerOnly);
        Directory.CreateDirectory(left, OwnerOnly);
        await File.WriteAllTextAsync(Path.Combine(left, "container"), "c1", Cancelled);
        bool asked = false;
        foreach (string call in (string[])["Kill", "Wait", "DeleteProcess"]) ScriptedPod.Refuse(_cri, ScriptedPod.Tasks + call, code, text);
        _cri.Calls[ScriptedPod.Tasks + "Get"] = async context =>
        {
            if (Wanted(GetRequest.Parser.ParseFrom(await ScriptedCri.ReceiveAsync(context)))) asked = true;
            await ScriptedCri.AnswerAsync(context, Google.Protobuf.MessageExtensions.ToByteArray(
                new GetResponse { Process = new() { Id = "fairlead-1", Pid = int.MaxValue, Status = ProcessStatus.Running } }));
        };

        await (await ConnectAsync()).DisposeAsync();
        Assert.True(asked);
        Assert.False(Directory.Exists(Path.Combine(own, "left")));

        static bool Wanted(GetRequest request) => request is { ContainerId: "c1", ExecId: "fairlead-1" };
    }

    [Fact(Timeout = 30_000)]
    [Trait("Case", "C26")]
    public async Task A_command_that_the_runtime_keeps_is_left_for_the_next_start()
    {
        string own = await RootAsync(), left = Path.Combine(own, "left", "fairlead-1");
        Directory.CreateDirectory(Path.Combine(own, "left"), OwnerOnly);
        Directory.CreateDirectory(left, OwnerOnly);
        await File.WriteAllTextAsync(Path.Combine(left, "container"), "c1", Cancelled);
        ScriptedPod.Answer(_cri, ScriptedPod.Tasks + "Get", new GetResponse { Process = new() { Id = "fairlead-1", Status = ProcessStatus.Stopped } });
        ScriptedPod.Refuse(_cri, ScriptedPod.Tasks + "DeleteProcess", StatusCode.Internal, "something else");

        await (await ConnectAsync()).DisposeAsync();
        Assert.True(Directory.Exists(left));
    }

    /// <summary>Where the folders of this runtime's processes are.</summary>
    async Task<string> RootAsync()
    {
        await (await ConnectAsync()).DisposeAsync();
        return Directory.EnumerateDirectories(State).Single();
    }

    async Task AssertRefusedAsync(string why)
    {
        IOException refused = await Assert.ThrowsAsync<IOException>(async () => await (await ConnectAsync()).DisposeAsync());
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    Task<CriRuntime> ConnectAsync() => CriRuntime.ConnectAsync(
        UnixSocketAddress.Parse(Socket), new CriRuntimeOptions { StreamThrough = StreamThrough.Native, StateFolder = State }, cancellationToken: Cancelled);

    public async ValueTask DisposeAsync()
    {
        await _cri.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
