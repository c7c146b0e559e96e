using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Fairlead.Node.Handover;
using Fairlead.Testing.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Node.Tests.Handover;

/// <summary>What is said to systemd's descriptor store, byte for byte, by whoever plays it.</summary>
public sealed class DescriptorStoreTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-store-");
    readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public DescriptorStoreTests()
    {
        string path = Path.Combine(_folder.FullName, "notify");
        _manager.Bind(new UnixDomainSocketEndPoint(path));
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", path);
        Environment.SetEnvironmentVariable("FDSTORE", "2");
    }

    [Fact(Timeout = 30_000)]
    public async Task A_descriptor_is_kept_under_its_name_without_being_polled_and_taken_out_again()
    {
        using DescriptorStore store = DescriptorStore.Open(new Dictionary<string, SafeHandle>())!;
        await using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        store.Keep("fairlead-session-1-stdout", pipe.ClientSafePipeHandle);
        (string said, SafeFileHandle? kept) = Hear();
        Assert.Equal("FDSTORE=1\nFDPOLL=0\nFDNAME=fairlead-session-1-stdout", said);
        pipe.DisposeLocalCopyOfClientHandle();
        pipe.WriteByte(42); // somebody can still read it
        using (FileStream reader = new(kept!, FileAccess.Read)) Assert.Equal(42, reader.ReadByte());
        store.Remove("fairlead-session-1-stdout");
        Assert.Equal(("FDSTOREREMOVE=1\nFDNAME=fairlead-session-1-stdout", null), Hear());

        Task settled = store.SettleAsync(TestContext.Current.CancellationToken);
        (said, SafeFileHandle? barrier) = Hear();
        Assert.Equal("BARRIER=1", said);
        Assert.False(settled.IsCompleted);
        barrier!.Dispose();
        await settled;
    }

    [Fact]
    public void No_more_names_are_kept_than_the_next_process_can_be_started_with()
    {
        using DescriptorStore store = DescriptorStore.Open(new Dictionary<string, SafeHandle>())!;
        using SafeFileHandle any = File.OpenHandle("/dev/null");
        store.Keep(new string('a', 60_000), any);
        Assert.Contains("environment", Assert.Throws<IOException>(() => store.Keep(new string('b', 60_000), any)).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_manager_without_room_is_given_nothing_and_one_that_does_not_answer_is_not_waited_for()
    {
        using DescriptorStore store = DescriptorStore.Open(new Dictionary<string, SafeHandle>())!;
        using SafeFileHandle any = File.OpenHandle("/dev/null");
        store.Keep("a", any);
        store.Keep("b", any);
        Assert.Contains("FileDescriptorStoreMax=", Assert.Throws<IOException>(() => store.Keep("c", any)).Message, StringComparison.Ordinal);
        using CancellationTokenSource late = new();
        Task settled = store.SettleAsync(late.Token);
        await late.CancelAsync();
        await Assert.ThrowsAsync<IOException>(() => settled);
    }

    [Theory]
    [InlineData("FDSTORE", null), InlineData("FDSTORE", "0"), InlineData("NOTIFY_SOCKET", null)]
    public void There_is_none_where_nobody_keeps_anything(string variable, string? value)
    {
        Environment.SetEnvironmentVariable(variable, value);
        Assert.Null(DescriptorStore.Open(new Dictionary<string, SafeHandle>()));
    }

    (string Said, SafeFileHandle? Descriptor) Hear()
    {
        byte[] buffer = new byte[1024];
        int length = DescriptorMessages.Receive(_manager.SafeHandle, buffer, out SafeFileHandle? descriptor);
        return (Encoding.UTF8.GetString(buffer, 0, length), descriptor);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        Environment.SetEnvironmentVariable("FDSTORE", null);
        _manager.Dispose();
        _folder.Delete(recursive: true);
    }
}
