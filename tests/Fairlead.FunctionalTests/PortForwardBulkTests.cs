using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Lab;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.FunctionalTests;

/// <summary>Much at once, through each form: whole, and without holding it.</summary>
public sealed class PortForwardBulkTests : IAsyncLifetime
{
    static readonly PodReference Pod = new("demo");
    static readonly long Size = (Repository.IsFull ? 1024L : 64L) << 20;

    LabServer _lab = null!;
    StreamingClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabServer.StartAsync(new LabOptions(), Ct);
        _client = LabClient.Create(_lab.Url, _lab);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    public static TheoryData<string> Forms => [.. PortForwardProtocol.All.Select(form => form.Description)];

    static PortForwardProtocol Form(string description) => PortForwardProtocol.All.First(form => form.Description == description);

    [Theory, MemberData(nameof(Forms))]
    public async Task Both_directions_at_once_arrive_whole(string form)
    {
        TaskCompletionSource<string> heard = new();
        await using PodService service = new(async socket =>
        {
            using RandomByteStream answer = new(Size, 2);
            await using NetworkStream stream = new(socket);
            Task sending = answer.CopyToAsync(stream, Ct);
            heard.SetResult(await HashAsync(stream, Size));
            await sending;
        });
        await using ForwardedStream connection = await _client.ConnectAsync(Pod, service.Port, new() { Protocols = [Form(form)] }, Ct);
        using RandomByteStream question = new(Size, 1);
        Task asking = question.CopyToAsync(connection, Ct);
        Assert.Equal(RandomByteStream.HashOf(Size, 2), await HashAsync(connection, Size));
        await asking;
        Assert.Equal(RandomByteStream.HashOf(Size, 1), await heard.Task.WaitAsync(Ct));
    }

    /// <summary>One WebSocket for each connection, or one for all with a window for each.</summary>
    [Theory, InlineData("portforward.fairlead.v1"), InlineData("portforward.fairlead.v2")]
    public async Task A_connection_that_nobody_reads_holds_up_only_itself(string form)
    {
        await using PodService flood = new(async socket =>
        {
            byte[] chunk = new byte[64 * 1024];
            while (true) await socket.SendAsync(chunk);
        });
        await using PodService echo = new(PodService.EchoAsync);
        await using ForwardSession session = await _client.OpenForwardAsync(Pod, [flood.Port], new() { Protocols = [PortForwardProtocol.All.First(known => known.Name == form)] }, Ct);
        await using ForwardedStream stuck = await session.ConnectAsync(flood.Port, Ct);
        await stuck.ReadExactlyAsync(new byte[1024 * 1024], Ct); // it flows, and from here on nobody reads
        for (int i = 0; i < 20; i++)
        {
            await using ForwardedStream connection = await session.ConnectAsync(echo.Port, Ct);
            await connection.WriteAsync(new byte[100_000], Ct);
            await connection.CompleteWritesAsync(Ct);
            await connection.ReadExactlyAsync(new byte[100_000], Ct);
            Assert.Equal(0, await connection.ReadAsync(new byte[1], Ct));
        }

        stuck.Abort(); // and the flood ends, or the pod's service would never
    }

    static async Task<string> HashAsync(Stream stream, long size)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[64 * 1024];
        for (long left = size; left > 0;)
        {
            int count = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), Ct);
            if (count == 0) throw new EndOfStreamException($"{left} bytes are missing.");
            hash.AppendData(buffer.AsSpan(0, count));
            left -= count;
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
