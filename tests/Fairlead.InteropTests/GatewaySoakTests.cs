using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.InteropTests;

/// <summary>
/// Sessions of every kind, opened and closed through a gateway again and again, a tenth of them killed in the middle: what gateway and lab hold
/// is the same afterwards, and each session has its line of audit.
/// </summary>
public sealed class GatewaySoakTests
{
    const int AtOnce = 8;

    /// <summary>Nobody else's command, nor another run's: it is looked for by its arguments afterwards.</summary>
    static readonly string s_lasting = $"sleep 86391.{Random.Shared.Next(100_000, 999_999)}";

    /// <summary>
    /// A heap breathes between two collections, and grows until it has found its size. After 2,500 sessions it has: then 4 KiB that each session
    /// kept would be more than this. The few sessions of an ordinary run only show what is grossly wrong.
    /// </summary>
    static long Breath => Repository.IsFull ? 32L << 20 : 96L << 20;

    static readonly PodReference s_shell = new("demo", "default", "shell"), s_web = new("demo", "default", "web");

    static int Cycles => Repository.IsFull ? 10_000 : 400;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 3_600_000)]
    public async Task Sessions_of_every_kind_come_out_even()
    {
        await using LabProcess lab = await LabProcess.StartAsync([], Ct);
        RunOptions keepAll = new() { CaptureLimit = 256 << 20 };
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.Kubeconfig, [], keepAll, [], Ct);
        await using EchoPort echo = new();
        using UpgradeCount upgrades = new();
        string file = Path.Combine(lab.Folder, "what-is-copied");
        await File.WriteAllBytesAsync(file, new byte[300_000], Ct);

        await RunAsync(Cycles / 4);
        LeakCheck gatewayHolds = LeakCheck.Begin(gateway.Id), labHolds = LeakCheck.Begin(lab.Id);
        long gatewayBefore = ProcessFootprint.Of(gateway.Id).PrivateMemory, labBefore = ProcessFootprint.Of(lab.Id).PrivateMemory;
        await RunAsync(Cycles - (Cycles / 4));

        await gatewayHolds.ExpectNothingLeftAsync(spareDescriptors: AtOnce, cancellationToken: Ct);
        await labHolds.ExpectNothingLeftAsync(spareDescriptors: AtOnce, cancellationToken: Ct);
        await Eventually.HoldsAsync(() => ProcessFootprint.Running(s_lasting).Count == 0, "the commands of lost clients have ended", cancellationToken: Ct);
        long gatewayGrown = ProcessFootprint.Of(gateway.Id).PrivateMemory - gatewayBefore;
        long labGrown = ProcessFootprint.Of(lab.Id).PrivateMemory - labBefore;
        Measurement.Tell(string.Create(CultureInfo.InvariantCulture,
            $"{Cycles} sessions of every kind, a tenth killed: after the first quarter gateway {gatewayGrown / 1024} KiB more, lab {labGrown / 1024} KiB"));
        Assert.True(gatewayGrown < Breath, $"the gateway holds {gatewayGrown} bytes more");
        Assert.True(labGrown < Breath, $"the lab holds {labGrown} bytes more");
        Assert.Equal(upgrades.Count, await AuditLinesAsync(gateway, upgrades.Count));

        async Task RunAsync(int cycles) => await Parallel.ForEachAsync(
            Enumerable.Range(0, cycles), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Ct },
            async (i, _) => await CycleAsync(gateway, i, file, echo.Port));
    }

    /// <summary>One session: each kind in turn, and of each kind every tenth over a line that is cut.</summary>
    static async Task CycleAsync(GatewayProcess gateway, int i, string file, int port)
    {
        await using FaultProxy? line = i / 4 % 10 == 9 ? new FaultProxy(new IPEndPoint(IPAddress.Loopback, gateway.Server.Port)) : null;
        using StreamingClient client = new(KubeConfigEndpoint.Load(new KubeConfigOptions
        {
            Path = gateway.Kubeconfig,
            Configure = handler => handler.ConnectCallback = (_, token) => DialAsync(line?.Port ?? gateway.Server.Port, token),
        }));
        CutKind kind = i % 2 == 0 ? CutKind.Reset : CutKind.Fin;
        Action? cut = line is null ? null : () => line.Cut(kind);
        Task session = (i % 4) switch
        {
            0 => ExecAsync(client, cut),
            1 => AttachAsync(client, cut),
            2 => ForwardAsync(client, port, cut),
            _ => CopyAsync(client, file, cut),
        };
        await session;
    }

    static async Task ExecAsync(StreamingClient client, Action? cut)
    {
        string[] command = ["sh", "-c", cut is null ? "cat; exit 7" : "echo begun; exec " + s_lasting];
        await using RemoteProcess run = await client.ExecAsync(s_shell, command, new ExecOptions { Stdin = true }, Ct);
        if (cut is null)
        {
            await run.StandardInput.WriteAsync("some input"u8.ToArray(), Ct);
            await run.StandardInput.CompleteAsync();
            Assert.Equal("some input", await run.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
            Assert.Equal(7, (await run.WaitForExitAsync(Ct)).Code);
            return;
        }

        Assert.Equal("begun", await FirstLineAsync(run));
        cut();
        await Assert.ThrowsAnyAsync<IOException>(async () => await run.WaitForExitAsync(Ct));
    }

    static async Task AttachAsync(StreamingClient client, Action? cut)
    {
        await using RemoteProcess run = await client.AttachAsync(s_web, cancellationToken: Ct);
        Assert.StartsWith("line ", await FirstLineAsync(run), StringComparison.Ordinal);
        if (cut is null) return;
        cut();
        await Assert.ThrowsAnyAsync<IOException>(async () => await run.WaitForExitAsync(Ct));
    }

    static async Task ForwardAsync(StreamingClient client, int port, Action? cut)
    {
        await using ForwardedStream connection = await client.ConnectAsync(s_shell, port, null, Ct);
        await connection.WriteAsync("there and back"u8.ToArray(), Ct);
        byte[] back = new byte[14];
        await connection.ReadExactlyAsync(back, Ct);
        Assert.Equal("there and back", Encoding.ASCII.GetString(back));
        if (cut is null) return;
        cut();
        await Assert.ThrowsAnyAsync<IOException>(async () => await connection.ReadExactlyAsync(new byte[1], Ct));
    }

    static async Task CopyAsync(StreamingClient client, string file, Action? cut)
    {
        DirectoryInfo target = Directory.CreateTempSubdirectory("fairlead-soak-");
        try
        {
            Once once = new(cut);
            await client.Files(s_shell).CopyToPodAsync(file, target.FullName + "/copy", new CopyOptions { Progress = once }, Ct);
            Assert.Equal(300_000, new FileInfo(target.FullName + "/copy").Length);
            Assert.Equal(cut is null, once.IsLeft); // a copy goes on over a second session
        }
        finally
        {
            target.Delete(recursive: true);
        }
    }

    static async Task<string?> FirstLineAsync(RemoteProcess run)
    {
        using StreamReader reader = new(run.StandardOutput.AsStream(leaveOpen: true), leaveOpen: true);
        return await reader.ReadLineAsync(Ct);
    }

    static async ValueTask<Stream> DialAsync(int port, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Lines of audit: as many as wanted have come, and a moment later there are no more.</summary>
    static async Task<int> AuditLinesAsync(GatewayProcess gateway, int wanted)
    {
        await gateway.LinesAsync("\"audit\"", wanted, Ct);
        Assert.Equal(0, await gateway.TerminateAsync(Ct));
        return gateway.Log.Split('\n').Count(static line => line.Contains("\"audit\"", StringComparison.Ordinal));
    }

    /// <summary>Does something at the first report of progress; nothing for null.</summary>
    sealed class Once(Action? act) : IProgress<CopyProgress>
    {
        int _reports;

        internal bool IsLeft => Volatile.Read(ref _reports) == 0 || act is null;

        public void Report(CopyProgress value)
        {
            if (Interlocked.Increment(ref _reports) == 1) act?.Invoke();
        }
    }

    /// <summary>Sends back what it gets, to any number of connections.</summary>
    sealed class EchoPort : IAsyncDisposable
    {
        readonly LoopbackListener _listener = new();
        readonly CancellationTokenSource _stop = new();
        readonly ConcurrentBag<Task> _serving = [];
        readonly Task _accepting;

        internal EchoPort() => _accepting = AcceptAsync();

        internal int Port => _listener.Port;

        async Task AcceptAsync()
        {
            try
            {
                while (true) _serving.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // the test is over
            }
        }

        async Task ServeAsync(Socket socket)
        {
            using Socket owned = socket;
            byte[] buffer = new byte[1024];
            try
            {
                while (await socket.ReceiveAsync(buffer, _stop.Token) is > 0 and int count) await socket.SendAsync(buffer.AsMemory(0, count), _stop.Token);
            }
            catch (SocketException)
            {
                // its client was cut, which is what the test does
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _accepting;
            await Task.WhenAll(_serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _listener.Dispose();
            _stop.Dispose();
        }
    }
}
