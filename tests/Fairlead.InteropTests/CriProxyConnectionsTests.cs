using Fairlead.Containerd.Cri;
using Grpc.Net.Client;

namespace Fairlead.InteropTests;

/// <summary>Many short connections to the proxy's socket, as of those that run one crictl after the other.</summary>
[Trait("Case", "C14")]
public sealed class CriProxyConnectionsTests(CriProxyFixture fixture) : IClassFixture<CriProxyFixture>
{
    [Fact(Timeout = 600_000)]
    public async Task None_of_thousands_is_refused()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        fixture.Connect().Dispose(); // skips where there is no containerd
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, Repository.IsFull ? 20_000 : 5_000, parallel, async (_, token) =>
        {
            using GrpcChannel one = fixture.Connect();
            Assert.Equal("containerd", (await new RuntimeService.RuntimeServiceClient(one).VersionAsync(new(), cancellationToken: token)).RuntimeName);
        });
    }
}
