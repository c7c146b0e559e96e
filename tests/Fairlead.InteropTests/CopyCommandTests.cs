using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Fairlead.InteropTests;

/// <summary><c>fairlead cp</c> and kubectl cp against the lab, whose pod's files are those of this machine.</summary>
public sealed class CopyCommandTests(LabFixture fixture) : IDisposable
{
    readonly LabProcess _lab = fixture.Lab;
    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.Fairlead);
    readonly string _folder = Directory.CreateDirectory(Path.Combine(fixture.Lab.Folder, "cp-" + Guid.NewGuid().ToString("N"))).FullName;

    [Theory(Timeout = 600_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_GiB_arrives_verified_and_memory_stays_flat(bool up)
    {
        long size = up || Repository.IsFull ? 1L << 30 : 64L << 20;
        (string from, string to) = (_folder + "/from", _folder + "/to");
        string hash = await WriteAsync(from, size);
        await using RunningProcess run = RunningProcess.Start(_fairlead.Program, Arguments(_lab.Kubeconfig, up ? from : "demo:" + from, up ? "demo:" + to : to, "-q", "-o", "json"));
        long peak = 0;
        Task<int> ended = run.WaitForExitAsync(Ct);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100));
        while (!ended.IsCompleted)
        {
            try
            {
                peak = Math.Max(peak, ProcessFootprint.Of(run.Id).PrivateMemory);
            }
            catch (Exception e) when (e is IOException or KeyNotFoundException)
            {
                break; // it has just ended
            }

            await timer.WaitForNextTickAsync(Ct);
        }

        Assert.True(await ended == 0, run.Stderr.Text);
        Assert.Equal("", run.Stderr.Text);
        using JsonDocument said = JsonDocument.Parse(run.Stdout!.Text);
        Assert.Equal(1, said.RootElement.GetProperty("verifiedBySha256").GetInt32());
        Assert.Equal(hash, await HashAsync(to));
        double seconds = said.RootElement.GetProperty("seconds").GetDouble();
        Measurement.Tell(string.Create(CultureInfo.InvariantCulture, $"cp {(up ? "up" : "down")}, {size >> 20} MiB: {size / seconds / 1e6:0} MB/s with the verification, {peak >> 20} MiB of memory at most"));
        Assert.True(peak < 256L << 20, $"{peak} bytes");
    }

    [Theory(Timeout = 600_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cut_twenty_times_the_command_goes_on_and_hardly_a_byte_goes_twice(bool up)
    {
        const int Cuts = 20;
        long size = Repository.IsFull ? 1L << 30 : 64L << 20;
        (string from, string to) = (_folder + "/from", _folder + "/to");
        string hash = await WriteAsync(from, size);
        await using FaultProxy proxy = _lab.Behind();
        await using RunningProcess run = RunningProcess.Start(_fairlead.Program, Arguments(_lab.KubeconfigThrough(proxy), up ? from : "demo:" + from, up ? "demo:" + to : to, "-o", "json"));
        Task<int> ended = run.WaitForExitAsync(Ct);
        Random random = new(7);
        int cuts = 0;
        for (; cuts < Cuts && !ended.IsCompleted; cuts++)
        {
            long at = (long)((cuts + (0.8 * random.NextDouble())) / Cuts * size);
            while (proxy.BytesToServer + proxy.BytesToClient < at && !ended.IsCompleted) await Task.Delay(1, Ct); // the proxy counts, and calls nobody
            proxy.Cut(cuts % 2 == 0 ? Fairlead.Testing.CutKind.Reset : Fairlead.Testing.CutKind.Fin);
        }

        Assert.True(await ended == 0, run.Stderr.Text);
        Assert.Equal(Cuts, cuts);
        Assert.Equal(hash, await HashAsync(to));
        long moved = proxy.BytesToServer + proxy.BytesToClient;
        Measurement.Tell(string.Create(CultureInfo.InvariantCulture, $"fairlead cp {(up ? "up" : "down")}, {size >> 20} MiB, {cuts} cuts: {(moved - size) / 1048576.0 / cuts:0.00} MiB more a cut"));
        Assert.True(moved < size + ((long)cuts << 20), $"{moved} bytes moved for {size}");
    }

    [Theory(Timeout = 600_000)]
    [InlineData(CommandLineClient.Fairlead)]
    [InlineData(Peer.KubectlNewest)]
    public async Task Ten_thousand_files_go_up_and_come_back(string name)
    {
        CommandLineClient client = Clients.Require(name);
        string from = _folder + "/many";
        for (int i = 0; i < 10_000; i++)
        {
            Directory.CreateDirectory($"{from}/d{i / 100}");
            await File.WriteAllTextAsync($"{from}/d{i / 100}/f{i}", new string((char)('a' + (i % 26)), i % 700), Ct);
        }

        File.CreateSymbolicLink(from + "/link", "d0/f1");
        await CopyAsync(client, from, $"demo:{_folder}/up");
        await CopyAsync(client, $"demo:{from}", _folder + "/down");
        foreach (string to in (string[])["/up", "/down"])
        {
            RunResult same = await RunningProcess.RunAsync("diff", ["-r", "--no-dereference", "--exclude=link", from, _folder + to], cancellationToken: Ct);
            Assert.True(same.ExitCode == 0, same.Stdout);
            if (client.IsFairlead) Assert.Equal("d0/f1", new FileInfo(_folder + to + "/link").LinkTarget); // kubectl skips links on the way down
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task From_pod_to_pod_with_what_was_refused_named()
    {
        Directory.CreateDirectory(_folder + "/tree");
        await File.WriteAllTextAsync(_folder + "/tree/a", "x", Ct);
        File.CreateSymbolicLink(_folder + "/tree/out", "/etc/passwd");
        RunResult result = await RunningProcess.RunAsync(_fairlead.Program, Arguments(_lab.Kubeconfig, $"default/demo:{_folder}/tree", $"demo:{_folder}/other"), cancellationToken: Ct);
        Assert.Equal((1, "x"), (result.ExitCode, await File.ReadAllTextAsync(_folder + "/other/a", Ct)));
        Assert.StartsWith("error: out was not copied: this link leads out, to /etc/passwd\nfairlead: copied 1 file, 1 B", result.Stderr, StringComparison.Ordinal);
    }

    async Task CopyAsync(CommandLineClient client, string from, string to)
    {
        string[] arguments = client.IsFairlead
            ? [.. Arguments(_lab.Kubeconfig, from, to)]
            : ["cp", "--kubeconfig", _lab.Kubeconfig, "--cache-dir", _folder + "/cache", "-c", "shell", from, to];
        RunResult result = await RunningProcess.RunAsync(client.Program, arguments, cancellationToken: Ct);
        Assert.True(result.ExitCode == 0, result.Stderr);
    }

    static IEnumerable<string> Arguments(string kubeconfig, string from, string to, params IEnumerable<string> more) => ["cp", "--kubeconfig", kubeconfig, from, to, .. more];

    static async Task<string> WriteAsync(string path, long size)
    {
        using RandomByteStream bytes = new(size, seed: 3);
        await using FileStream file = File.Create(path);
        await bytes.CopyToAsync(file, 1 << 20, Ct);
        return bytes.Sha256;
    }

    static async Task<string> HashAsync(string path)
    {
        await using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, Ct));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
