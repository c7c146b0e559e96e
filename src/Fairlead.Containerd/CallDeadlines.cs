using System.Globalization;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fairlead.Containerd;

/// <summary>
/// Gives every call to the runtime a deadline: one that was stopped, or that hangs, takes what it is asked and answers nothing. The one
/// place for it.
/// </summary>
/// <remarks>
/// A call that is over is told as <see cref="StatusCode.Unavailable"/>, like a runtime that is away. A call that lasts by nature says so
/// with
/// <see cref="None"/>, and one whose caller has a deadline keeps that.
/// </remarks>
/// <param name="limit">How long a call may take.</param>
sealed class CallDeadlines(TimeSpan limit) : Interceptor
{
    /// <summary>The deadline of a call that lasts until something happens.</summary>
    public static DateTime None => DateTime.MaxValue;

    const string LateWords = "context deadline exceeded";

    /// <summary>What containerd's CRI says of itself while it starts; its other parts answer already.</summary>
    const string StartingWords = "server is not initialized yet";

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (context.Options.Deadline == None) return continuation(request, context);
        DateTime now = DateTime.UtcNow, deadline = context.Options.Deadline ?? now + limit;
        CallOptions options = context.Options.WithDeadline(deadline);
        AsyncUnaryCall<TResponse> call = continuation(
            request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options));
        Task<TResponse> response = WithinAsync(deadline - now, call.ResponseAsync);
        return new AsyncUnaryCall<TResponse>(response, call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    static async Task<TResponse> WithinAsync<TResponse>(TimeSpan time, Task<TResponse> response)
    {
        try
        {
            return await response;
        }
        catch (RpcException late) when (late.StatusCode == StatusCode.DeadlineExceeded)
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"it said nothing for {time.TotalSeconds:0.###} s");
            throw new RpcException(new Status(StatusCode.Unavailable, text, late), late.Trailers);
        }
        catch (RpcException away) when (away.Status.Detail is { } words
            && (words.Contains(LateWords, StringComparison.Ordinal) || words.EndsWith(StartingWords, StringComparison.Ordinal)))
        {
            // Both in words alone, with a code that says nothing. The deadline goes with the call, and containerd can be the first to
            // notice that it is over.
            throw new RpcException(new Status(StatusCode.Unavailable, away.Status.Detail, away), away.Trailers);
        }
    }
}
