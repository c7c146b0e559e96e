using System.Net;
using Fairlead.Client;
using Fairlead.Files;
using Fairlead.Lab;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Copies;

/// <summary>The server behind a gateway is lost under a copy, while the connection to the gateway stands.</summary>
[Trait("Case", "A6")]
public sealed class GatewayCopyTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_copy_whose_server_behind_the_gateway_is_lost_goes_on_at_the_byte(bool up)
    {
        const int Size = 32 << 20, Cuts = 10;
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy proxy = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        UriBuilder behind = new(lab.Url) { Port = proxy.Port };
        await using GatewayRoom room = await GatewayRoom.StartAsync(shared: lab, configure: options => options with { Upstream = GatewayRoom.EndpointOf(behind.Uri, lab.AuthorityPem, null) });
        using StreamingClient client = room.Client();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-behind-");
        try
        {
            string from = folder.FullName + "/from", to = folder.FullName + "/to";
            await CopyLab.WriteAsync(from, Size);
            Cutter cutter = new(proxy, Size / Cuts);
            PodFiles files = client.Files(new PodReference("demo", "default", "shell"));
            CopyOptions options = new() { Progress = cutter };

            CopyResult result = up ? await files.CopyToPodAsync(from, to, options, Ct) : await files.CopyFromPodAsync(from, to, options, Ct);

            CopyLab.AssertSame(from, to);
            Assert.InRange(result.Reconnections, 5, 2 * Cuts);
            long moved = proxy.BytesToServer + proxy.BytesToClient;
            Assert.True(moved < Size + ((long)Cuts << 20), $"{moved} bytes moved for {Size}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Cuts each time that so much more has come.</summary>
    sealed class Cutter(FaultProxy proxy, long every) : IProgress<CopyProgress>
    {
        long _next = every / 2;

        public void Report(CopyProgress value)
        {
            if (value.Phase != CopyPhase.Copying || value.Bytes < _next) return;
            _next += every;
            proxy.Cut(CutKind.Reset);
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
