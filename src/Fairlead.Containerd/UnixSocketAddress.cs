using System.Net.Sockets;
using Grpc.Net.Client;

namespace Fairlead.Containerd;

/// <summary>A Unix socket at which a service is found, written <c>unix:///run/containerd/containerd.sock</c> or as its path alone.</summary>
public sealed record UnixSocketAddress
{
    const string Scheme = "unix://";

    UnixSocketAddress(string path) => Path = path;

    /// <summary>The socket's absolute path.</summary>
    public string Path { get; }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is no absolute path, with or without <c>unix://</c>.</exception>
    public static UnixSocketAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string path = text.StartsWith(Scheme, StringComparison.Ordinal) ? text[Scheme.Length..] : text;
        return path.StartsWith('/') ? new UnixSocketAddress(path) : throw new FormatException($"\"{text}\" is no Unix socket: write unix:///PATH");
    }

    /// <summary>Connects once.</summary>
    internal async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>An HTTP handler whose every connection goes to this socket, whatever host a request names.</summary>
    internal SocketsHttpHandler CreateHandler() => new()
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
