using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Grpc.Net.Client;

namespace Fairlead.Containerd;

/// <summary>
/// A Unix socket at which a service is found, written <c>unix:///run/containerd/containerd.sock</c> or as its path alone.
/// </summary>
public sealed record UnixSocketAddress
{
    const string Scheme = "unix://";
    const int LongestPath = 107; // bytes: sun_path, unix(7)

    UnixSocketAddress(string path) => Path = path;

    /// <summary>The socket's absolute path.</summary>
    public string Path { get; }

    /// <summary>What names of files are made of that belong to what is at this socket: 16 hexadecimal digits.</summary>
    public string ShortHash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path)).AsSpan(0, 8));

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is no absolute path, with or without <c>unix://</c>, or longer than a socket's path may
    /// be.</exception>
    public static UnixSocketAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string path = text.StartsWith(Scheme, StringComparison.Ordinal) ? text[Scheme.Length..] : text;
        if (!path.StartsWith('/')) throw new FormatException($"\"{text}\" is no Unix socket: write unix:///PATH");
        return Encoding.UTF8.GetByteCount(path) <= LongestPath
            ? new UnixSocketAddress(path)
            : throw new FormatException($"\"{path}\" is longer than {LongestPath} bytes, which no socket's path may be");
    }

    /// <summary>Connects once.</summary>
    /// <exception cref="UnreachableSocketException">Nobody is there, and why.</exception>
    internal async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new UnreachableSocketException(failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>An HTTP handler whose every connection goes to this socket, whatever host a request names.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        ConnectCallback = (_, cancellationToken) => ConnectAsync(cancellationToken),
        EnableMultipleHttp2Connections = true, // each wait for a command is a call that stays open
        UseProxy = false,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>A gRPC channel to this socket, which connects anew after the service was restarted. The caller disposes it.</summary>
    internal GrpcChannel CreateChannel() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        HttpHandler = CreateHandler(),
        DisposeHttpClient = true,
        MaxReceiveMessageSize = 16 * 1024 * 1024, // what containerd sends at most
        MaxRetryAttempts = 1,
    });

    /// <summary>The address with its scheme.</summary>
    public override string ToString() => Scheme + Path;
}
