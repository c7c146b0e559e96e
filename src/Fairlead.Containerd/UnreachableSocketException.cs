using System.Net.Sockets;
using Fairlead.Wire;
using Grpc.Core;

namespace Fairlead.Containerd;

/// <summary>
/// Nobody answers at a Unix socket. Its message is for people, which the library's own words, of hosts and ports, are not.
/// </summary>
public sealed class UnreachableSocketException : IOException
{
    internal UnreachableSocketException(SocketException failure) : base(Describe(failure), failure)
    {
    }

    /// <summary>What a failed call says to people, fit to show.</summary>
    public static string Describe(RpcException failure)
    {
        for (Exception? cause = failure.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is UnreachableSocketException) return cause.Message;
        }

        return VisibleText.Line(failure.Status.Detail);
    }

    static string Describe(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.AddressNotAvailable => "there is no such file", // how .NET reads ENOENT
        SocketError.ConnectionRefused => "nobody listens there",
        SocketError.AccessDenied => "this user may not use it",
        _ => failure.Message,
    };
}
