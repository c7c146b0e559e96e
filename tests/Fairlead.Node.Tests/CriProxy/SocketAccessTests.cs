using System.Net.Sockets;
using Fairlead.Node.CriProxy;

namespace Fairlead.Node.Tests.CriProxy;

/// <summary>Whether a socket's path is free is known at once.</summary>
[Trait("Case", "C23")]
public sealed class SocketAccessTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fairlead-access-");

    [Fact]
    public async Task The_socket_of_one_that_was_stopped_with_a_full_queue_is_in_use()
    {
        UnixDomainSocketEndPoint path = new(Path.Combine(_folder.FullName, "s"));
        using Socket owner = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        owner.Bind(path);
        owner.Listen(0); // and never accepts, as a process that was stopped
        List<Socket> waiting = [];
        try
        {
            for (bool isFull = false; !isFull;)
            {
                waiting.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false });
                try
                {
                    waiting[^1].Connect(path);
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
                {
                    isFull = true;
                }
            }

            Task<Socket> binding = Task.Run(() => SocketAccess.Of(path.ToString()).Bind(path.ToString()), TestContext.Current.CancellationToken);
            IOException inUse = await Assert.ThrowsAsync<IOException>(() => binding.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken));
            Assert.EndsWith("somebody listens there", inUse.Message, StringComparison.Ordinal);
        }
        finally
        {
            foreach (Socket socket in waiting) socket.Dispose();
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
