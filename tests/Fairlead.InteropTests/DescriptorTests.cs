using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.InteropTests;

/// <summary>A server whose descriptors are used up says so, and goes on when there are some again.</summary>
[Trait("Case", "C16")]
public sealed class DescriptorTests
{
    [Fact]
    public async Task A_server_without_a_free_descriptor_says_so_once_and_takes_connections_again()
    {
        await using LabProcess lab = await LabProcess.StartAsync(cancellationToken: Ct);
        await LimitAsync(lab.Id, LimitWithFree(lab.Id, 8));
        List<Socket> connections = [];
        try
        {
            for (int i = 0; i < 40; i++)
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                connections.Add(socket);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, lab.Server.Port), Ct);
            }

            await Eventually.HoldsAsync(() => lab.Log.Contains("have to wait: no file descriptor is free", StringComparison.Ordinal), "the lab says that connections wait", cancellationToken: Ct);
        }
        finally
        {
            foreach (Socket socket in connections) socket.Dispose();
        }

        await LimitAsync(lab.Id, LimitWithFree(lab.Id, 64));
        RunResult result = await RunningProcess.RunAsync(Repository.Command, ["exec", "--kubeconfig", lab.Kubeconfig, "demo", "--", "echo", "hi"], cancellationToken: Ct);
        Assert.Equal((0, "hi\n"), (result.ExitCode, result.Stdout));
        Assert.InRange(lab.Log.Split("have to wait").Length - 1, 1, 2);
    }

    /// <summary>The limit below which so many numbers are free: what a process inherited may have high ones.</summary>
    static int LimitWithFree(int process, int free)
    {
        HashSet<int> open = [.. Directory.GetFiles($"/proc/{process}/fd").Select(static path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
        int limit = 0;
        for (; free > 0; limit++)
        {
            if (!open.Contains(limit)) free--;
        }

        return limit;
    }

    static async Task LimitAsync(int process, int files)
    {
        RunResult limited = await RunningProcess.RunAsync("prlimit", ["--pid", process.ToString(CultureInfo.InvariantCulture), $"--nofile={files}:"], cancellationToken: Ct);
        Assert.True(limited.ExitCode == 0, limited.Stderr);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
