using Fairlead.Streaming.Resumption;
using Fairlead.Streaming.Resumption.Asking;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>The asking side of a remote command whose session outlives its carriers.</summary>
public static class AskingResumable
{
    /// <summary>Opens a session on an upgraded connection, and on others where that one is lost before it was opened.</summary>
    /// <param name="first">The connection after the upgrade; owned from here on, also when this throws.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="limits">Bounds and deadlines of each connection.</param>
    /// <param name="ways">How another connection is had.</param>
    /// <param name="cancellationToken">Gives up: the session is left.</param>
    /// <exception cref="SessionRefusedException">The server opens no session, and has started nothing.</exception>
    /// <exception cref="SessionLostException">It was lost before it was open: whether the command runs is not known.</exception>
    public static async Task<RemoteCommandAdapter> AskAsync(
        Stream first, RemoteCommandRequest request, CarrierLimits limits, ResumeWays ways, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(ways);
        ResumableSession session = new(
            ResumableRemoteCommand.Plan(request, isServer: false, limits.InlineReaders), ways.Limits, limits.ChannelBytes, time: ways.Time);
        SessionLine line = new(session, new SessionKey(DigestOf(request), ways.Patience), limits, ways);
        line.Begin(first);
        try
        {
            await line.Opened.WaitAsync(cancellationToken);
        }
        catch
        {
            line.Leave(new SessionLostException(SessionLoss.LocalAbort, "The session was given up before it was open."));
            await line.DisposeAsync();
            throw;
        }

        return new Adapter(line, session, limits);
    }

    static byte[] DigestOf(RemoteCommandRequest request) => RequestDigest.Of(
        request.Command.Count > 0, request.Stdin, request.Stdout, request.Stderr, request.Tty, request.Command);

    sealed class Adapter : ResumableRemoteCommand
    {
        readonly SessionLine _line;

        internal Adapter(SessionLine line, ResumableSession session, CarrierLimits limits) : base(session, limits)
        {
            _line = line;
            session.Gone = Abort;
        }

        public override async ValueTask CloseAsync() => await _line.CloseAsync();

        public override void Abort(SessionLostException reason) => _line.Leave(reason);

        public override ValueTask DisposeAsync() => _line.DisposeAsync();
    }
}
