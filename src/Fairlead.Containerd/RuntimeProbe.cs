using System.Globalization;
using Fairlead.Containerd.Cri;
using Fairlead.Containerd.Tasks;
using Fairlead.Wire;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Fairlead.Containerd;

/// <summary>Asks who answers at a runtime's socket, and how streams would go there. Nothing is begun or ended by it.</summary>
public static class RuntimeProbe
{
    /// <summary>Asks.</summary>
    /// <param name="socket">The runtime's socket.</param>
    /// <param name="options">Limits and habits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The runtime's name and version, fit to show, and whether commands would run by containerd's task API.</returns>
    /// <exception cref="IOException">Nothing answers at the socket, what answers is no CRI, or it is not containerd and only that is
    /// wanted.</exception>
    public static async Task<(string Description, bool IsNative)> AskAsync(
        UnixSocketAddress socket, CriRuntimeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(options);
        using GrpcChannel channel = socket.CreateChannel();
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            patience.CancelAfter(options.ConnectTimeout);
            CallInvoker calls = channel.Intercept(new CallDeadlines(options.CallTimeout));
            (VersionResponse version, bool native) = await AskAsync(
                new(calls), new ContainerdTasks(calls, options.Clock), socket, options.StreamThrough, patience.Token);
            return (Describe(version), native);
        }
        catch (RpcException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Unanswered(socket, options, patience.IsCancellationRequested, failure);
        }
    }

    internal static async Task<(VersionResponse Version, bool IsNative)> AskAsync(
        RuntimeService.RuntimeServiceClient cri, ContainerdTasks tasks, UnixSocketAddress socket, StreamThrough way,
        CancellationToken cancellationToken)
    {
        VersionResponse version = await cri.VersionAsync(new(), cancellationToken: cancellationToken);
        bool native = way != StreamThrough.Cri && await tasks.IsServedAsync(cancellationToken);
        return native || way != StreamThrough.Native
            ? (version, native)
            : throw new IOException(
                $"{socket} is served by {new PeerText(version.RuntimeName)}, which has no containerd task API; native streams " +
                "need containerd");
    }

    internal static IOException Unanswered(UnixSocketAddress socket, CriRuntimeOptions options, bool late, RpcException failure)
    {
        string why = late
            ? string.Create(CultureInfo.InvariantCulture,
                $"it said nothing for {options.ConnectTimeout.TotalSeconds} s; is this its gRPC socket?")
            : UnreachableSocketException.Describe(failure);
        return new IOException($"the container runtime at {socket} does not answer: {why}", failure);
    }

    internal static string Describe(VersionResponse version) =>
        $"{new PeerText(version.RuntimeName)} {new PeerText(version.RuntimeVersion)}";
}
