using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fairlead.Node.Tests.CriProxy;

/// <summary>gRPC calls whose messages are bytes as they are.</summary>
static class RawCalls
{
    static readonly Marshaller<byte[]> s_bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    /// <summary>A method by its path.</summary>
    public static Method<byte[], byte[]> Method(MethodType type, string service, string name) => new(type, service, name, s_bytes, s_bytes);

    /// <summary>A client on one connection to a Unix socket, that sends this as <c>:authority</c>.</summary>
    public static GrpcChannel Connect(string socket, string authority = "localhost") => GrpcChannel.ForAddress("http://" + authority, new GrpcChannelOptions
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
        MaxSendMessageSize = null,
    });
}
