using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fairlead.Testing.Containerd;

/// <summary>gRPC on a Unix socket, with messages that are bytes as they are: for calls that we declare in no file.</summary>
public static class RawGrpc
{
    static readonly Marshaller<byte[]> s_bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    /// <summary>What calls of containerd's own API carry, for the namespace of the CRI.</summary>
    public static Metadata Namespace => new() { { "containerd-namespace", "k8s.io" } };

    /// <summary>A client with connections of its own.</summary>
    public static GrpcChannel Connect(string socket) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            },
        },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = null,
    });

    /// <summary>A method by its name.</summary>
    public static Method<byte[], byte[]> Method(MethodType type, string service, string name) => new(type, service, name, s_bytes, s_bytes);

    /// <summary>A field of a protobuf message, shorter than 128 bytes.</summary>
    public static byte[] Field(int number, byte[] value) => [(byte)(number << 3 | 2), checked((byte)value.Length), .. value];

    /// <summary>The same of a text.</summary>
    public static byte[] Field(int number, string value) => Field(number, Encoding.UTF8.GetBytes(value));
}
