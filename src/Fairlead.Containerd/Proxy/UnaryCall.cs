using System.Buffers.Binary;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Containerd.Proxy;

/// <summary>One gRPC call with one message each way, as HTTP/2 carries it: the few of the runtime's that are answered here.</summary>
/// <remarks>gRPC over HTTP2: a message is one byte (compressed or not), four bytes of length, and the message; the status is a trailer.</remarks>
static class UnaryCall
{
    const int HeadLength = 5, LongestMessage = 16 * 1024 * 1024; // as containerd takes

    /// <summary>True for a call that can be answered here; else nothing was written.</summary>
    public static bool IsOne(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Answers a call: with a message, or with the status of an <see cref="RpcException"/>.</summary>
    public static async Task AnswerAsync<TRequest>(HttpContext context, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, Task<IMessage>> answer)
        where TRequest : IMessage<TRequest>
    {
        context.Response.ContentType = "application/grpc";
        try
        {
            TRequest request = await ReadAsync(context.Request, parser, context.RequestAborted);
            IMessage response = await answer(request, context.RequestAborted);
            byte[] bytes = new byte[HeadLength + response.CalculateSize()];
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - HeadLength);
            response.WriteTo(bytes.AsSpan(HeadLength));
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
            context.Response.AppendTrailer("grpc-status", "0");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // the client left: nobody is there to be answered
        }
        catch (RpcException failure)
        {
            Refuse(context, failure);
        }
    }

    /// <summary>Ends a call with a status, as the server behind gave it: with its details.</summary>
    public static void Refuse(HttpContext context, RpcException failure)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.AppendTrailer("grpc-status", ((int)failure.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
        context.Response.AppendTrailer("grpc-message", Escape(failure.Status.Detail));
        foreach (Metadata.Entry entry in failure.Trailers.Where(static entry => entry.Key is not ("grpc-status" or "grpc-message")))
            context.Response.AppendTrailer(entry.Key, entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes).TrimEnd('=') : entry.Value);
    }

    static async Task<TRequest> ReadAsync<TRequest>(HttpRequest request, MessageParser<TRequest> parser, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
    {
        byte[] head = new byte[HeadLength];
        if (await request.Body.ReadAtLeastAsync(head, HeadLength, throwOnEndOfStream: false, cancellationToken) < HeadLength) throw Failure(StatusCode.Internal, "the call has no message");
        if (head[0] != 0) throw Failure(StatusCode.Unimplemented, "compressed messages are not taken");
        int length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1));
        if (length is < 0 or > LongestMessage) throw Failure(StatusCode.ResourceExhausted, $"a message has at most {LongestMessage} bytes");
        byte[] message = new byte[length];
        if (await request.Body.ReadAtLeastAsync(message, length, throwOnEndOfStream: false, cancellationToken) < length) throw Failure(StatusCode.Internal, "the call's message is cut short");
        try
        {
            return parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw Failure(StatusCode.Internal, $"the call's message cannot be read: {e.Message}");
        }
    }

    static RpcException Failure(StatusCode code, string detail) => new(new Status(code, detail));

    /// <summary>As in a URL, but only what no header can carry.</summary>
    static string Escape(string text)
    {
        if (text.All(static c => c is >= ' ' and <= '~' and not '%')) return text;
        System.Text.StringBuilder escaped = new();
        foreach (byte part in System.Text.Encoding.UTF8.GetBytes(text))
        {
            if (part is >= (byte)' ' and <= (byte)'~' and not (byte)'%') escaped.Append((char)part);
            else escaped.Append('%').Append(part.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return escaped.ToString();
    }
}
