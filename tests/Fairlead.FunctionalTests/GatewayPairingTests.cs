using System.Buffers;
using System.Security.Cryptography;
using Fairlead.Gateway;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.FunctionalTests;

/// <summary>The table of docs/gateway.md: each cell is checked for what it promises, and for what it does not.</summary>
public sealed class GatewayPairingTests(GatewayPairingTests.Rooms rooms) : IClassFixture<GatewayPairingTests.Rooms>
{
    static readonly PodReference Shell = new("demo", "default", "shell"), Web = new("demo", "default", "web");

    /// <summary>Client, server, promise: every cell.</summary>
    public static TheoryData<string, string, string> Cells
    {
        get
        {
            TheoryData<string, string, string> cells = [];
            string[][] rows = [.. File.ReadLines(Path.Combine(Repository.Root, "docs", "gateway.md")).SkipWhile(line => !line.StartsWith("| client | WebSocket v5", StringComparison.Ordinal))
                .TakeWhile(line => line.StartsWith('|')).Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries))];
            foreach (string[] row in rows.Skip(2))
            {
                for (int i = 1; i < row.Length; i++) cells.Add(row[0], rows[0][i], row[i]);
            }

            return cells;
        }
    }

    /// <summary>The same by HTTP/2, wherever one side at least is a WebSocket.</summary>
    public static TheoryData<string, string, string> Shared =>
        [.. Cells.Where(static cell => cell.Data.Item1.StartsWith("WebSocket", StringComparison.Ordinal) || cell.Data.Item2.StartsWith("WebSocket", StringComparison.Ordinal))];

    [Fact]
    public void The_table_has_every_pairing() => Assert.Equal(10 * 4, Cells.Count);

    [Theory, MemberData(nameof(Cells))]
    public Task A_pairing_carries_what_the_table_says(string client, string server, string promise) =>
        ExpectAsync(client, server, promise, shares: false, bytes: client.EndsWith("v5", StringComparison.Ordinal) || client == "SPDY v4" ? 64 << 20 : 4 << 20);

    [Theory, MemberData(nameof(Shared)), Trait("Case", "C9")]
    public Task A_pairing_carries_the_same_over_HTTP2(string client, string server, string promise) => ExpectAsync(client, server, promise, shares: true, bytes: 4 << 20);

    async Task ExpectAsync(string client, string server, string promise, bool shares, int bytes)
    {
        string[] promises = promise.Split(", ");
        GatewayRoom room = await rooms.ForAsync(server, shares);
        using StreamingClient gateway = room.Client(shares: shares);
        ExecOptions options = Options(client);
        await ExpectOutcomeAsync(gateway, options, promises.Contains("code"));
        await ExpectInputAsync(gateway, options, promises, bytes);
        await ExpectTerminalAsync(gateway, options, promises.Contains("resize"));
        await ExpectAttachAsync(gateway, options);
        string[] seen = [.. room.Audit.Where(record => record.ServerProtocol is not null).Select(record => record.ServerProtocol!).Distinct()];
        Assert.Equal([Protocol(server).Description], seen);
        AuditRecord[] begun = [.. room.Audit.Where(static record => record.ServerHttp is not null)];
        string version = shares ? "2" : "1.1";
        Assert.All(begun, record => Assert.Equal(record.ServerProtocol!.StartsWith("WebSocket", StringComparison.Ordinal) ? version : "1.1", record.ServerHttp));
        Assert.All(begun, record => Assert.Equal(record.ClientProtocol!.StartsWith("WebSocket", StringComparison.Ordinal) ? version : "1.1", record.ClientHttp));
    }

    static async Task ExpectOutcomeAsync(StreamingClient gateway, ExecOptions options, bool hasCode)
    {
        await using RemoteProcess process = await gateway.ExecAsync(Shell, ["sh", "-c", "echo out; echo err >&2; exit 7"], options, Ct);
        Assert.Equal("out\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.Equal("err\n", await process.StandardError.ReadToEndAsync(cancellationToken: Ct));
        if (hasCode) Assert.Equal(7, (await process.WaitForExitAsync(Ct)).Code);
        else Assert.Contains("7", (await Assert.ThrowsAsync<RemoteCommandException>(async () => await process.WaitForExitAsync(Ct))).Message);

        await using RemoteProcess good = await gateway.ExecAsync(Shell, ["true"], options, Ct);
        Assert.True((await good.WaitForExitAsync(Ct)).Succeeded);
    }

    static async Task ExpectInputAsync(StreamingClient gateway, ExecOptions options, string[] promises, int bytes)
    {
        options = options with { Stdin = true };
        if (promises.Contains("refused"))
        {
            string mark = Path.Combine(Path.GetTempPath(), $"fairlead-refused-{Guid.NewGuid():N}");
            UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => gateway.ExecAsync(Shell, ["touch", mark], options, Ct));
            Assert.Equal("InputCannotEnd", refused.Status?.Reason);
            Assert.False(File.Exists(mark));
            return;
        }

        bool ends = promises.Contains("end");
        byte[] content = RandomNumberGenerator.GetBytes(bytes);
        string[] command = ends ? ["cat"] : ["head", "-c", bytes.ToString(null as IFormatProvider)];
        await using RemoteProcess process = await gateway.ExecAsync(Shell, command, options, Ct);
        Task sending = Task.Run(async () =>
        {
            await process.StandardInput.WriteAsync(content, Ct);
            if (ends) await process.StandardInput.CompleteAsync();
        }, Ct);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(content)), Convert.ToHexString(await HashAsync(process)));
        await sending;
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
    }

    static async Task ExpectTerminalAsync(StreamingClient gateway, ExecOptions options, bool resizes)
    {
        string script = resizes ? "until [ \"$(stty size)\" = '33 101' ]; do sleep 0.02; done; echo seen" : "test -t 1 && echo seen";
        await using RemoteProcess process = await gateway.ExecAsync(Shell, ["sh", "-c", script], options with { Stdin = true, Tty = true, Stderr = false }, Ct);
        await process.ResizeAsync(new TerminalSize(Width: 80, Height: 24), Ct);
        await process.ResizeAsync(new TerminalSize(Width: 101, Height: 33), Ct);
        Assert.Contains("seen", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
    }

    static async Task ExpectAttachAsync(StreamingClient gateway, ExecOptions options)
    {
        await using RemoteProcess process = await gateway.AttachAsync(Web, options, Ct);
        System.IO.Pipelines.ReadResult result = await process.StandardOutput.ReadAtLeastAsync(2, Ct);
        Assert.Matches("^line [0-9]+\n", System.Text.Encoding.UTF8.GetString(result.Buffer.ToArray()));
        process.StandardOutput.AdvanceTo(result.Buffer.End);
    }

    static async Task<byte[]> HashAsync(RemoteProcess process)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            System.IO.Pipelines.ReadResult result = await process.StandardOutput.ReadAsync(Ct);
            foreach (ReadOnlyMemory<byte> part in result.Buffer) hash.AppendData(part.Span);
            process.StandardOutput.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return hash.GetHashAndReset();
        }
    }

    static ExecOptions Options(string client) => new() { Protocols = [Protocol(client)] };

    static RemoteCommandProtocol Protocol(string name) => name.Split(' ') switch
    {
        ["SPDY", var version] => RemoteCommandProtocol.OverSpdy[4 - (version[1] - '0')],
        [_, "v5"] => RemoteCommandProtocol.V5,
        [_, "v4"] => RemoteCommandProtocol.V4,
        [_, "v1"] => RemoteCommandProtocol.V1,
        [_, "none"] => RemoteCommandProtocol.Unnamed,
        [_, "base64.v4"] => RemoteCommandProtocol.Base64V4,
        [_, "base64.v1"] => RemoteCommandProtocol.Base64V1,
        _ => throw new FormatException(name),
    };

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>One lab and one gateway a column.</summary>
    public sealed class Rooms : IAsyncDisposable
    {
        readonly Dictionary<(string, bool), GatewayRoom> _rooms = [];

        internal async Task<GatewayRoom> ForAsync(string server, bool shares)
        {
            if (_rooms.TryGetValue((server, shares), out GatewayRoom? room)) return room;
            room = await GatewayRoom.StartAsync(new Lab.LabOptions { Protocols = [Protocol(server)] }, options => options with { UpstreamSharesConnections = shares }, sharesBulk: shares);
            return _rooms[(server, shares)] = room;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (GatewayRoom room in _rooms.Values) await room.DisposeAsync();
        }
    }
}
