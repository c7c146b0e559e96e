using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// Joins two remote commands: what a client asks of one session is asked of another. It knows the channels and nothing of the versions
/// that carry them.
/// </summary>
/// <remarks>
/// Nothing is held beyond the channels' own bounds: a slow client slows the server's command, and the other way round. Output is
/// drained before the status; a server without a status is a failure to the client; a client that goes cuts the server's session.
/// </remarks>
[SuppressMessage("Design", "CA1001",
    Justification = "The source of _told has no timer, and may be told after the end: it is left to the collector.")]
public sealed class RemoteCommandRelay
{
    /// <summary>How long a client that does not read may keep a session open that this side has ended.</summary>
    static readonly TimeSpan s_lastWord = TimeSpan.FromSeconds(15);

    readonly AnsweringSession _client;
    readonly AskingSession _server;
    readonly RelayTraffic _traffic;
    readonly TimeProvider _time;
    readonly CancellationTokenSource _told = new();
    Status? _ending;

    /// <summary>Creates it over two sessions, which stay the caller's.</summary>
    /// <param name="client">The side that was accepted.</param>
    /// <param name="server">The side that was dialled.</param>
    /// <param name="traffic">Counts what passes.</param>
    /// <param name="time">The clock; the system's for null.</param>
    public RemoteCommandRelay(AnsweringSession client, AskingSession server, RelayTraffic traffic, TimeProvider? time = null) =>
        (_client, _server, _traffic, _time) = (client, server, traffic, time ?? TimeProvider.System);

    /// <summary>
    /// Ends the session for a reason of this side's: the server's is cut, and the client told this failure. The first reason stays.
    /// </summary>
    public void End(Status reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (Interlocked.CompareExchange(ref _ending, reason, null) is not null) return;
        _server.Abort(reason.Message ?? "The session was ended.");
        _told.Cancel();
    }

    /// <summary>Runs until the session has ended on both sides. Once. Never throws for what a peer does.</summary>
    public async Task<RelayOutcome> RunAsync()
    {
        using CancellationTokenSource over = new();
        using CancellationTokenRegistration gone = _client.Lost.UnsafeRegister(
            static relay => ((RemoteCommandRelay)relay!)._server.Abort("The client has gone."), this);
        Task input = PumpInputAsync(over.Token), sizes = PassSizesAsync(over.Token);
        await Task.WhenAll(
            PumpOutputAsync(RemoteChannel.StandardOutput, _server.StandardOutput, _client.StandardOutput),
            PumpOutputAsync(RemoteChannel.StandardError, _server.StandardError, _client.StandardError));
        RelayOutcome outcome = await OutcomeAsync();
        await over.CancelAsync();
        await input;
        await sizes;
        if (outcome.Status is { } status) await TellAsync(status);
        return outcome;
    }

    async Task TellAsync(Status status)
    {
        Task telling = _client.EndAsync(status).AsTask();
        try
        {
            await telling.WaitAsync(_told.IsCancellationRequested ? s_lastWord : Timeout.InfiniteTimeSpan, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _client.Abort("The client does not read.");
            await telling;
        }
    }

    async Task<RelayOutcome> OutcomeAsync()
    {
        try
        {
            return new RelayOutcome(RelayEnd.Completed, await _server.Status);
        }
        catch (SessionLostException lost)
        {
            if (Volatile.Read(ref _ending) is { } reason) return new RelayOutcome(RelayEnd.Ended, reason);
            if (_client.Lost.IsCancellationRequested) return new RelayOutcome(RelayEnd.ClientLost, null);
            return new RelayOutcome(RelayEnd.ServerLost, SessionEndings.ServerLost(lost));
        }
    }

    /// <summary>Both losses are told elsewhere: the server's by its status, the client's by its token.</summary>
    async Task PumpOutputAsync(RemoteChannel channel, PipeReader from, PipeWriter to)
    {
        try
        {
            await PumpAsync(channel, from, to, _told.Token);
        }
        catch (Exception e) when (e is SessionLostException or OperationCanceledException)
        {
            // see above; or the relay was told to end
        }

        await from.CompleteAsync(); // what nobody takes any longer is dropped, so that the other channels go on
    }

    async Task PumpInputAsync(CancellationToken over)
    {
        try
        {
            bool isWhole = await PumpAsync(RemoteChannel.StandardInput, _client.StandardInput, _server.StandardInput, over);

            // The end of input travels where both sides can say it. An older client's input ends only with the client itself.
            if (isWhole && _client.Protocol.CanEndInput && _server.Protocol.CanEndInput) await _server.StandardInput.CompleteAsync();
            await _client.StandardInput.CompleteAsync(); // dropped from here on: the command takes no more
        }
        catch (Exception e) when (e is SessionLostException or OperationCanceledException)
        {
            // the session is over; its end says why
        }
    }

    async Task PassSizesAsync(CancellationToken over)
    {
        try
        {
            while (await _client.TerminalSizes.NextAsync(over) is { } size)
            {
                _traffic.Add(RemoteChannel.Resize, 0);
                await _server.ResizeAsync(size, over);
            }
        }
        catch (Exception e) when (e is SessionLostException or OperationCanceledException)
        {
            // the session is over; its end says why
        }
    }

    /// <returns>True at the end of what there was; false when the other side takes no more.</returns>
    async Task<bool> PumpAsync(RemoteChannel channel, PipeReader from, PipeWriter to, CancellationToken over)
    {
        Turn turn = default;
        while (true)
        {
            ReadResult read = await from.ReadAsync(over);
            int count = (int)read.Buffer.Length; // a channel holds no more than its capacity
            foreach (ReadOnlyMemory<byte> part in read.Buffer) to.Write(part.Span);
            _traffic.Add(channel, count);
            from.AdvanceTo(read.Buffer.End);
            FlushResult flushed = await to.FlushAsync(over);
            if (flushed.IsCompleted) return false;
            if (read.IsCompleted) return true;
            if (turn.IsOver(count)) await Task.Yield();
        }
    }
}
