namespace Fairlead.InteropTests;

/// <summary>How often a copy waits for the line behind its connection, counted by what can have caused what: start, go, done.</summary>
public sealed class CopyRoundTripTests(LabFixture fixture) : IDisposable
{
    /// <summary>TCP, TLS 1.3, the pod's look-up, the upgrade.</summary>
    const int Connecting = 4;

    static readonly FaultProxyOptions s_line = new() { Latency = TimeSpan.FromMilliseconds(250) };

    readonly string _folder = Directory.CreateDirectory(Path.Combine(fixture.Lab.Folder, "trips-" + Guid.NewGuid().ToString("N"))).FullName;

    [Theory(Timeout = 300_000), Trait("Case", "A12")]
    [InlineData("one", true, 3)]
    [InlineData("one", false, 1)]
    [InlineData("empty", true, 3)]
    [InlineData("empty", false, 3)]
    [InlineData("hundred", true, 4)]
    [InlineData("hundred", false, 1)]
    public async Task A_small_copy_waits_three_times_and_many_files_hardly_more(string name, bool up, int most)
    {
        await File.WriteAllBytesAsync(_folder + "/one", new byte[3000], Ct);
        await File.WriteAllBytesAsync(_folder + "/empty", [], Ct);
        Directory.CreateDirectory(_folder + "/hundred");
        for (int i = 0; i < 100; i++) await File.WriteAllBytesAsync($"{_folder}/hundred/f{i}", new byte[i * 41], Ct);

        await using FaultProxy proxy = fixture.Lab.Behind(s_line);
        (string from, string to) = (_folder + "/" + name, _folder + "/to");
        RunResult result = await RunningProcess.RunAsync(
            Repository.Command,
            ["cp", "--kubeconfig", fixture.Lab.KubeconfigThrough(proxy), "-q", up ? from : "demo:" + from, up ? "demo:" + to : to],
            null, new RunOptions { Environment = CommandLineClient.Find(CommandLineClient.Fairlead).Environment(fixture.Lab.Kubeconfig) }, Ct);
        Assert.Equal((0, ""), (result.ExitCode, result.Stderr));
        Assert.Equal(1, proxy.AcceptedConnections);
        Measurement.Tell($"cp {(up ? "up" : "down")} of {name}: {proxy.RoundTrips - Connecting} round trips behind the connection");
        Assert.InRange(proxy.RoundTrips, Connecting + 1, Connecting + most);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
