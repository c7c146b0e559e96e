using System.Security.Cryptography;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>A network namespace with one link to here, whose packets can be dropped without either end being told.</summary>
sealed class NetworkRoom : IAsyncDisposable
{
    readonly string _name = $"fl{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}"; // an interface's name has 15 characters
    readonly string _network = $"10.{RandomNumberGenerator.GetInt32(0, 128)}.{RandomNumberGenerator.GetInt32(1, 255)}";

    NetworkRoom()
    {
    }

    /// <summary>Why none can be made here; null when one can.</summary>
    public static string? MissingBecause =>
        !Capabilities.MayMount ? "network namespace: needs root, and the right to administer, which this user has not"
        : Tool is null ? "network namespace: iproute2 is not installed" : null;

    static string? Tool => new[] { "/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip" }.FirstOrDefault(File.Exists);

    /// <summary>The address inside.</summary>
    public string Far => $"{_network}.2";

    public static async Task<NetworkRoom> CreateAsync(CancellationToken cancellationToken)
    {
        NetworkRoom room = new();
        try
        {
            await room.IpAsync(cancellationToken, "netns", "add", room._name);
            await room.IpAsync(cancellationToken, "link", "add", room._name, "type", "veth", "peer", "name", "far", "netns", room._name);
            await room.IpAsync(cancellationToken, "address", "add", $"{room._network}.1/30", "dev", room._name);
            await room.IpAsync(cancellationToken, "link", "set", room._name, "up");
            await room.IpAsync(cancellationToken, "-n", room._name, "link", "set", "lo", "up");
            await room.IpAsync(cancellationToken, "-n", room._name, "address", "add", $"{room.Far}/30", "dev", "far");
            await room.IpAsync(cancellationToken, "-n", room._name, "link", "set", "far", "up");
            return room;
        }
        catch
        {
            await room.DisposeAsync();
            throw;
        }
    }

    /// <summary>The words before a program that make it run inside.</summary>
    public IReadOnlyList<string> Inside(string program) => [Tool!, "netns", "exec", _name, program];

    /// <summary>From now on nothing passes, and neither end is told by a reset: the far link is down.</summary>
    public void Drop() => IpAsync(CancellationToken.None, "-n", _name, "link", "set", "far", "down").GetAwaiter().GetResult();

    /// <summary>It passes again.</summary>
    public Task RestoreAsync(CancellationToken cancellationToken) => IpAsync(cancellationToken, "-n", _name, "link", "set", "far", "up");

    async Task IpAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        RunResult run = await RunningProcess.RunAsync(Tool!, arguments, cancellationToken: cancellationToken);
        if (run.ExitCode != 0) throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {run}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await RunningProcess.RunAsync(Tool!, ["netns", "delete", _name]); // the link goes with it
}
