using System.Security.Cryptography;
using Fairlead.Lab;

namespace Fairlead.FunctionalTests;

/// <summary>Sessions whose requests give a header several times go over connections of their own, and carry what any other session does.</summary>
public sealed class RepeatedHeaderTests
{
    static readonly PodReference s_shell = new("demo", "default", "shell");

    [Theory]
    [InlineData(Transport.WebSocket)]
    [InlineData(Transport.Spdy)]
    [Trait("Case", "C1")]
    public async Task A_session_over_a_connection_of_its_own_carries_bytes_both_ways(Transport transport)
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        using StreamingClient client = new(new KubernetesEndpoint(lab.Url, GatewayRoom.HandlerOf(lab.AuthorityPem))
        {
            Authorize = (request, _, _) =>
            {
                request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + lab.Users[0].Token);
                request.Headers.TryAddWithoutValidation("X-Twice", (string[])["1", "2"]);
                return ValueTask.CompletedTask;
            },
        });
        byte[] content = RandomNumberGenerator.GetBytes(4 << 20);
        await using RemoteProcess process = await client.ExecAsync(s_shell, ["cat"], new ExecOptions { Stdin = true, Transport = transport }, Ct);
        Task sending = Task.Run(async () =>
        {
            await process.StandardInput.WriteAsync(content, Ct);
            await process.StandardInput.CompleteAsync();
        }, Ct);
        using MemoryStream received = new();
        await process.StandardOutput.CopyToAsync(received, Ct);
        await sending;
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(received.ToArray()));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
