using Fairlead.Client;
using Fairlead.Containerd.Cri;
using Fairlead.Streaming;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Grpc.Core;
using Status = Fairlead.Wire.Status;

namespace Fairlead.Containerd.Streams;

/// <summary>Sessions through the runtime's own streaming server: it is asked for a URL, which is dialled, and the two are joined.</summary>
/// <remarks>
/// The runtime's servers know WebSocket up to v4, which cannot end an input, and SPDY, which can. SPDY is used for that alone.
/// </remarks>
sealed class RuntimeStreams : IDisposable
{
    readonly RuntimeService.RuntimeServiceClient _cri;
    readonly CriRuntimeOptions _options;
    readonly KubernetesEndpoint _endpoint;
    readonly UpgradeDialer _dialer;

    public RuntimeStreams(RuntimeService.RuntimeServiceClient cri, CriRuntimeOptions options)
    {
        (_cri, _options) = (cri, options);
        _endpoint = new KubernetesEndpoint(new Uri("http://localhost"), new SocketsHttpHandler { UseProxy = false });
        _dialer = new UpgradeDialer(_endpoint, new TransportMemory(null));
    }

    /// <summary>An input that ends where the container has to see its end needs a version that can say so.</summary>
    public static bool NeedsSpdy(AnsweringSession session) => session.Request is { Stdin: true, Tty: false } && session.Protocol.CanEndInput;

    /// <summary>Runs a command. See <see cref="Server.IContainer.ExecAsync"/>.</summary>
    public Task<Status> ExecAsync(AnsweringSession session, string containerId) => JoinAsync(session, NeedsSpdy(session), async cancellationToken =>
    {
        RemoteCommandRequest request = session.Request;
        ExecResponse answer = await _cri.ExecAsync(new()
        {
            ContainerId = containerId,
            Cmd = { request.Command },
            Tty = request.Tty,
            Stdin = request.Stdin,
            Stdout = request.Stdout,
            Stderr = request.Stderr && !request.Tty,
        }, cancellationToken: cancellationToken);
        return answer.Url;
    });

    /// <summary>Joins a main process. See <see cref="Server.IContainer.AttachAsync"/>.</summary>
    /// <param name="session">The client.</param>
    /// <param name="containerId">Whose main process.</param>
    /// <param name="inputEnds">The end of the client's input is the end of the container's.</param>
    public Task<Status> AttachAsync(AnsweringSession session, string containerId, bool inputEnds) => JoinAsync(session, inputEnds && NeedsSpdy(session), async cancellationToken =>
    {
        RemoteCommandRequest request = session.Request;
        AttachResponse answer = await _cri.AttachAsync(new()
        {
            ContainerId = containerId,
            Stdin = request.Stdin,
            Tty = request.Tty,
            Stdout = request.Stdout,
            Stderr = request.Stderr && !request.Tty,
        }, cancellationToken: cancellationToken);
        return answer.Url;
    });

    async Task<Status> JoinAsync(AnsweringSession session, bool overSpdy, Func<CancellationToken, Task<string>> ask)
    {
        ExecOptions options = new()
        {
            Transport = overSpdy ? Transport.Spdy : Transport.WebSocket,
            Protocols = [RemoteCommandProtocol.V4],
            SpdyProtocols = [RemoteCommandProtocol.SpdyV4],
            NoRetry = true, // the URL is good once
        };
        try
        {
            Uri url = new(await ask(session.Lost));
            UpgradedConnection connection = await _dialer.DialAsync(url, session.Request, options, static _ => { }, session.Lost);
            await using AskingSession runtime = new(await connection.AskAsync(session.Request, _options.Limits, session.Lost), session.Request);
            RelayOutcome outcome = await new RemoteCommandRelay(session, runtime, new RelayTraffic(_options.Clock), _options.Clock).RunAsync();
            return outcome.Status ?? LostStatus(session);
        }
        catch (OperationCanceledException) when (session.Lost.IsCancellationRequested)
        {
            return LostStatus(session);
        }
        catch (RpcException failure)
        {
            return failure.StatusCode == StatusCode.Cancelled && session.Lost.IsCancellationRequested ? LostStatus(session) : Status.InternalError(failure.Status.Detail);
        }
        catch (Exception failure) when (failure is UpgradeException or HttpRequestException or TimeoutException or SessionLostException)
        {
            return Status.InternalError("the runtime's streaming server did not open the session: " + failure.Message);
        }
    }

    static Status LostStatus(AnsweringSession session) => Status.InternalError("the client was lost: " + session.LossReason?.Message);

    public void Dispose()
    {
        _dialer.Dispose();
        _endpoint.Dispose();
    }
}
