using System.Globalization;
using Fairlead.Testing;

namespace LabUsers;

/// <summary>A real database server on a port of this machine: the machine's own, or what <c>tests/peers/install</c> got. Data in a folder, no passwords.</summary>
sealed class Database : IAsyncDisposable
{
    readonly RunningProcess _server;

    Database(RunningProcess server, int port) => (_server, Port) = (server, port.ToString(CultureInfo.InvariantCulture));

    internal string Port { get; }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>PostgreSQL. It refuses to run as root, so that it runs as nobody there.</summary>
    internal static async Task<Database> StartPostgresAsync(string folder)
    {
        string programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(static version => version + "/bin").First(static bin => File.Exists(bin + "/initdb"))
            : Required("postgresql") + "/files/usr/lib/postgresql/15/bin";
        string data = folder + "/pgdata";
        Directory.CreateDirectory(data);
        string[] aside = [];
        if (Environment.UserName == "root")
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_001_001); // it goes through, and reads nothing
            await RunAsync("chown", "nobody", data);
            aside = ["setpriv", "--reuid", "nobody", "--clear-groups"];
        }

        string[] init = [.. aside, programs + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "--no-locale", "-E", "UTF8"];
        await RunAsync(init[0], init[1..]);
        int port = FreePort();
        string[] serve = [.. aside, programs + "/postgres", "-D", data, "-h", "127.0.0.1", "-k", "", "-p", port.ToString(CultureInfo.InvariantCulture), "-F"];
        RunningProcess server = RunningProcess.Start(serve[0], serve[1..]);
        await server.Stderr.ContainsAsync("ready to accept connections", Ct);
        return new Database(server, port);
    }

    /// <summary>Redis.</summary>
    internal static async Task<Database> StartRedisAsync(string folder)
    {
        string program = File.Exists("/usr/bin/redis-server") ? "/usr/bin/redis-server" : Required("redis") + "/redis";
        int port = FreePort();
        RunningProcess server = RunningProcess.Start(
            program, ["--bind", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--save", "", "--dir", folder]);
        await server.Stdout!.ContainsAsync("Ready to accept connections", Ct);
        return new Database(server, port);
    }

    static string Required(string name)
    {
        Peer peer = Peer.Find(name);
        Assert.SkipUnless(peer.MissingBecause is null, peer.MissingBecause ?? "");
        return peer.Folder;
    }

    static async Task RunAsync(string program, params string[] arguments)
    {
        RunResult run = await RunningProcess.RunAsync(program, arguments, cancellationToken: Ct);
        Assert.True(run.ExitCode == 0, run.ToString());
    }

    static int FreePort()
    {
        using LoopbackListener free = new();
        return free.Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.TerminateAsync();
        await _server.DisposeAsync();
    }
}
