using System.Net;
using Fairlead.Lab;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>Through a gateway, the connection in front of it is cut, or the server behind it is lost while the one in front stands.</summary>
[Trait("Case", "A6")]
public sealed class GatewayCopyTests
{
    static readonly int s_cuts = Repository.IsFull ? 40 : 10;
    static readonly long s_size = Repository.IsFull ? 1L << 30 : 32L << 20;

    [Theory(Timeout = 600_000)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_copy_that_is_cut_goes_on_at_the_byte(bool up, bool isBehind)
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy behind = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        UriBuilder server = new(lab.Url) { Port = behind.Port };
        await using GatewayRoom room = await GatewayRoom.StartAsync(
            shared: lab, configure: options => options with { Upstream = GatewayRoom.EndpointOf(server.Uri, lab.AuthorityPem, null) });
        await using FaultProxy front = new(new IPEndPoint(IPAddress.Loopback, room.Gateway.Url.Port));
        UriBuilder gateway = new(room.Gateway.Url) { Port = front.Port };
        using StreamingClient client = new(GatewayRoom.EndpointOf(gateway.Uri, room.Gateway.AuthorityPem!, lab.Users[0].Token));
        FaultProxy proxy = isBehind ? behind : front;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-behind-");
        try
        {
            string from = folder.FullName + "/from", to = folder.FullName + "/to";
            await CopyLab.WriteAsync(from, s_size);
            CopyCutter cutter = new(proxy, CutKind.Reset, s_cuts);
            PodFiles files = client.Files(new PodReference("demo", "default", "shell"));
            CopyOptions options = new() { Progress = cutter };

            CopyResult result = up ? await files.CopyToPodAsync(from, to, options, Ct) : await files.CopyFromPodAsync(from, to, options, Ct);

            CopyLab.AssertSame(from, to);
            Assert.Equal((s_cuts, 1), (cutter.Done, result.VerifiedBySha256));
            Assert.InRange(result.Reconnections, s_cuts / 2, 2 * s_cuts);
            long moved = proxy.BytesToServer + proxy.BytesToClient;
            Measurement.Tell($"cp {(up ? "up" : "down")}, {s_size >> 20} MiB, cut {s_cuts} times {(isBehind ? "behind" : "in front of")} a gateway: " +
                $"{(moved - s_size) / 1048576.0 / s_cuts:0.00} MiB more a cut");
            Assert.True(moved < s_size + ((long)s_cuts << 20), $"{moved} bytes moved for {s_size}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
