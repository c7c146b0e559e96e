using Fairlead.Containerd.Cri;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Fairlead.Node.CriProxy;

/// <summary>
/// Offers three methods of the CRI's service, and no other: what the generated base class of a service does not implement it refuses, and
/// here every other call is the runtime's to answer.
/// </summary>
sealed class StreamCallMethods : IServiceMethodProvider<StreamCalls>
{
    const string Service = "runtime.v1.RuntimeService";

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<StreamCalls> context)
    {
        context.AddUnaryMethod(Method("Exec", ExecRequest.Parser, ExecResponse.Parser), [],
            static (calls, asked, call) => calls.ExecAsync(asked, call.CancellationToken));
        context.AddUnaryMethod(Method("Attach", AttachRequest.Parser, AttachResponse.Parser), [],
            static (calls, asked, call) => calls.AttachAsync(asked, call.CancellationToken));
        context.AddUnaryMethod(
            Method("PortForward", PortForwardRequest.Parser, PortForwardResponse.Parser), [], static (calls, asked, call) =>
                calls.PortForwardAsync(asked, call.CancellationToken));
    }

    static Method<TRequest, TResponse> Method<TRequest, TResponse>(
        string name, MessageParser<TRequest> request, MessageParser<TResponse> response)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new(MethodType.Unary, Service, name, Marshaller(request), Marshaller(response));

    static Marshaller<T> Marshaller<T>(MessageParser<T> parser) where T : class, IMessage<T> =>
        Marshallers.Create(Write, context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    static void Write<T>(T message, SerializationContext context) where T : IMessage
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
