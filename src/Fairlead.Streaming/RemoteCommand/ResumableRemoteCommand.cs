using System.Buffers;
using System.IO.Pipelines;
using Fairlead.Streaming.Resumption;
using Fairlead.Wire;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>A remote command whose session outlives its carriers, either role.</summary>
abstract class ResumableRemoteCommand : RemoteCommandAdapter
{
    private protected ResumableRemoteCommand(ResumableSession session, CarrierLimits limits) =>
        (Session, Limits, Withheld) = (session, limits, limits.Withheld);

    private protected ResumableSession Session { get; }

    private protected CarrierLimits Limits { get; }

    /// <inheritdoc/>
    public override RemoteCommandProtocol Protocol => RemoteCommandProtocol.Session;

    /// <inheritdoc/>
    public override string Description => Protocol.Description;

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => Session.Ended;

    /// <inheritdoc/>
    public override PipeReader GetReader(RemoteChannel channel) =>
        Session.Reader((byte)channel) ?? PipeReader.Create(ReadOnlySequence<byte>.Empty);

    /// <inheritdoc/>
    public override PipeWriter GetWriter(RemoteChannel channel) => Session.Writer((byte)channel) ?? PipeWriter.Create(Stream.Null);

    /// <summary>The channels of a request. The status is sent behind the outputs, whatever was lost on the way.</summary>
    internal static IEnumerable<ChannelPlan> Plan(RemoteCommandRequest request, bool isServer, bool inlineReaders)
    {
        yield return new ChannelPlan((byte)RemoteChannel.Error, isServer) { Rank = 1 };
        if (request.Stdin)
        {
            yield return new ChannelPlan((byte)RemoteChannel.StandardInput, !isServer)
            {
                IsWholeOrNothing = true,
                IsInline = inlineReaders,
            };
        }

        if (request.Stdout) yield return new ChannelPlan((byte)RemoteChannel.StandardOutput, isServer) { IsInline = inlineReaders };
        if (request is { Stderr: true, Tty: false })
            yield return new ChannelPlan((byte)RemoteChannel.StandardError, isServer) { IsInline = inlineReaders };
        if (request.Tty) yield return new ChannelPlan((byte)RemoteChannel.Resize, !isServer);
    }
}
