using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Testing;

/// <summary>A port-forward as a user types it, ours or a kubectl's, that has begun to listen.</summary>
public sealed class ForwardProcess : IAsyncDisposable
{
    ForwardProcess(RunningProcess process, IReadOnlyList<string> lines)
    {
        Process = process;
        Lines = lines;
    }

    /// <summary>Its process.</summary>
    public RunningProcess Process { get; }

    /// <summary>The lines that name where it listens on IPv4 or a Unix socket, in their order.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The first local port on IPv4.</summary>
    public int LocalPort => PortOf(0);

    /// <summary>The local port of one of its ports.</summary>
    public int PortOf(int index)
    {
        string line = Lines[index];
        int colon = line.IndexOf(':', StringComparison.Ordinal), space = line.IndexOf(' ', colon);
        return int.Parse(line[(colon + 1)..space], CultureInfo.InvariantCulture);
    }

    /// <summary>Starts one and waits until it listens.</summary>
    /// <param name="client">Which.</param>
    /// <param name="kubeconfig">Which server.</param>
    /// <param name="arguments">Flags, target and ports.</param>
    /// <param name="listeners">How many lines to wait for.</param>
    /// <param name="cancellationToken">Ends the wait and the process.</param>
    public static async Task<ForwardProcess> StartAsync(
        CommandLineClient client, string kubeconfig, IReadOnlyList<string> arguments, int listeners = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        RunningProcess process = RunningProcess.Start(
            client.Program, client.PortForward(kubeconfig, arguments), new RunOptions { Environment = client.Environment(kubeconfig) });
        try
        {
            List<string> lines = [];
            while (lines.Count < listeners)
            {
                int nth = lines.Count;
                await process.Stdout!.LineAsync("Forwarding from ", cancellationToken);
                await Eventually.HoldsAsync(() => Listening(process).Length > nth || process.HasExited, $"{client.Name} listens", cancellationToken: cancellationToken);
                lines = [.. Listening(process)];
            }

            return new ForwardProcess(process, lines);
        }
        catch (Exception e) when (e is EndOfStreamException or TimeoutException)
        {
            await process.DisposeAsync();
            throw new InvalidOperationException($"{client.Name} did not begin to listen:\n{process.Stdout!.Text}\n{process.Stderr.Text}", e);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    static string[] Listening(RunningProcess process) =>
        [.. process.Stdout!.Text.Split('\n').SkipLast(1).Where(line => line.StartsWith("Forwarding from ", StringComparison.Ordinal) && !line.Contains('[', StringComparison.Ordinal))];

    /// <summary>Connects to one of its ports; the caller owns the socket.</summary>
    public async Task<Socket> ConnectAsync(int index = 0, CancellationToken cancellationToken = default)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, PortOf(index), cancellationToken);
        return socket;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
