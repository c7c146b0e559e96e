using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Fairlead.InteropTests.Proxies;

/// <summary>Much data through what stands between clients and gateways, each way: nothing of it is lost, and nothing is buffered without an end.</summary>
public sealed class ProxyBulkTests(LabFixture fixture) : IDisposable
{
    static readonly long s_size = 1L << 30;

    readonly string _folder = Directory.CreateDirectory(Path.Combine(fixture.Lab.Folder, "proxied-" + Guid.NewGuid().ToString("N"))).FullName;
    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.Fairlead);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => ProxyServer.Names;

    [Theory(Timeout = 1_200_000), MemberData(nameof(Names))]
    public async Task A_file_is_copied_up_and_down_and_goes_through_a_forwarded_port_both_ways(string name)
    {
        Assert.SkipUnless(Repository.IsFull, "only with --full: a GiB four times");
        await using ProxiedGateway room = await ProxiedGateway.StartAsync(name, fixture.Lab, Ct);
        string from = _folder + "/from", hash;
        using (RandomByteStream bytes = new(s_size, seed: 5))
        {
            await using FileStream file = File.Create(from);
            await bytes.CopyToAsync(file, 1 << 20, Ct);
            hash = bytes.Sha256;
        }

        double up = await CopyAsync(from, $"demo:{_folder}/up"), down = await CopyAsync($"demo:{_folder}/up", _folder + "/down");
        await using (FileStream file = File.OpenRead(_folder + "/down"))
            Assert.Equal(hash, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, Ct)));

        using LoopbackListener server = new();
        await using ForwardProcess forward = await ForwardProcess.StartAsync(_fairlead, room.Kubeconfig, ["demo", $":{server.Port}"], cancellationToken: Ct);
        using Socket near = await forward.ConnectAsync(cancellationToken: Ct);
        Task<Socket> accepting = server.AcceptAsync(Ct);
        long began = Stopwatch.GetTimestamp();
        Task<string> sent = SendAsync(near, 7);
        using Socket far = await accepting;
        Task<string> answered = SendAsync(far, 8), received = HashAsync(far), returned = HashAsync(near);
        await Task.WhenAll(sent, answered, received, returned);
        double both = 2 * s_size / Stopwatch.GetElapsedTime(began).TotalSeconds;
        Assert.Equal((await sent, await answered), (await received, await returned));
        Measurement.Tell(string.Create(
            CultureInfo.InvariantCulture, $"through {name}, {s_size >> 20} MiB: cp up {up / 1e6:0} MB/s, down {down / 1e6:0} MB/s; a forwarded port, both ways at once: {both / 1e6:0} MB/s in sum"));

        async Task<double> CopyAsync(string source, string target)
        {
            long start = Stopwatch.GetTimestamp();
            RunResult copied = await RunningProcess.RunAsync(
                _fairlead.Program, ["cp", "-q", "--kubeconfig", room.Kubeconfig, source, target], options: new RunOptions { Environment = _fairlead.Environment(room.Kubeconfig) }, cancellationToken: Ct);
            Assert.True(copied.ExitCode == 0, $"{copied}\n{room.Log}");
            return s_size / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    /// <summary>Sends them, and the end.</summary>
    static async Task<string> SendAsync(Socket socket, ulong seed)
    {
        using RandomByteStream bytes = new(s_size, seed);
        await using NetworkStream stream = new(socket, ownsSocket: false);
        await bytes.CopyToAsync(stream, 1 << 18, Ct);
        socket.Shutdown(SocketShutdown.Send);
        return bytes.Sha256;
    }

    static async Task<string> HashAsync(Socket socket)
    {
        await using NetworkStream stream = new(socket, ownsSocket: false);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, Ct));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
