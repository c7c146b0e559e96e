using Fairlead.Containerd.Cri;
using Fairlead.Containerd.Pods;
using Fairlead.Streaming.Relays;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Upgrades;
using Fairlead.Upgrades.RemoteCommand;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Grpc.Core;
using Microsoft.Extensions.Logging;
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

    public RuntimeStreams(RuntimeService.RuntimeServiceClient cri, CriRuntimeOptions options, ILoggerFactory logging)
    {
        (_cri, _options) = (cri, options);
        _endpoint = new KubernetesEndpoint(new Uri("http://localhost"), new SocketsHttpHandler { UseProxy = false }) { Logging = logging };
        _dialer = new UpgradeDialer(_endpoint, new TransportMemory(null));
    }

    /// <summary>Runs a command. See <see cref="Server.IContainer.ExecAsync"/>.</summary>
    /// <remarks>An input that ends where the command has to see its end needs SPDY.</remarks>
    public Task<Status> ExecAsync(AnsweringSession session, string containerId)
    {
        RemoteCommandRequest asked = session.Request;
        bool overSpdy = asked is { Stdin: true, Tty: false } && session.Protocol.CanEndInput;

        // Over WebSocket containerd takes an input that was not asked for as one that has ended, and with a terminal that detaches the
        // output.
        RemoteCommandRequest request = asked with { Stdin = asked.Stdin || asked.Tty };
        return JoinAsync(session, request, overSpdy, async cancellationToken =>
        {
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
    }

    /// <summary>Joins a main process. See <see cref="Server.IMainProcess.AttachAsync"/>.</summary>
    /// <param name="session">The client.</param>
    /// <param name="container">Whose main process.</param>
    public Task<Status> AttachAsync(AnsweringSession session, ContainerFacts container)
    {
        bool overSpdy = AttachNeedsSpdy(session, container);

        // As for a command: an input that was not asked for would detach at once from a container that has one. Nothing is sent on it.
        RemoteCommandRequest request = overSpdy
            ? session.Request
            : session.Request with { Stdin = session.Request.Stdin || container.Stdin };
        return JoinAsync(session, request, overSpdy, async cancellationToken =>
        {
            AttachResponse answer = await _cri.AttachAsync(new()
            {
                ContainerId = container.Status.Id,
                Stdin = request.Stdin,
                Tty = request.Tty,
                Stdout = request.Stdout,
                Stderr = request.Stderr && !request.Tty,
            }, cancellationToken: cancellationToken);
            return answer.Url;
        });
    }

    /// <summary>Connects to a port of a pod. SPDY, which is all that runtimes forward ports by.</summary>
    /// <exception cref="ForwardResetException">The streaming server was not reached, or it refused. A port that nobody listens on shows
    /// when the stream is read.</exception>
    /// <exception cref="RpcException">The runtime did not name its streaming server.</exception>
    public async Task<ForwardedStream> ConnectAsync(string sandboxId, int port, CancellationToken cancellationToken)
    {
        PortForwardResponse answer = await _cri.PortForwardAsync(
            new() { PodSandboxId = sandboxId, Port = { port } }, cancellationToken: cancellationToken);
        try
        {
            return await _dialer.ConnectAsync(
                new Uri(answer.Url), port, new PortForwardOptions { Transport = Transport.Spdy }, cancellationToken);
        }
        catch (Exception failure) when (failure is UpgradeException or ServerUnreachableException or SessionLostException)
        {
            throw new ForwardResetException(
                ForwardFault.Unreachable, "the runtime's streaming server did not open the connection: " + failure.Message, failure);
        }
    }

    /// <summary>
    /// With stdinOnce the first client whose input ends closes the container's input. So the carrier must be able to say that an input has
    /// ended, and a client without input must not look like one whose input has ended.
    /// </summary>
    public static bool AttachNeedsSpdy(AnsweringSession session, ContainerFacts container) =>
        container is { StdinOnce: true, Tty: false } && (!session.Request.Stdin || session.Protocol.CanEndInput);

    async Task<Status> JoinAsync(AnsweringSession session, RemoteCommandRequest request, bool overSpdy,
        Func<CancellationToken, Task<string>> ask)
    {
        RemoteCommandOptions options = new()
        {
            Transport = overSpdy ? Transport.Spdy : Transport.WebSocket,
            Protocols = [RemoteCommandProtocol.V4, RemoteCommandProtocol.SpdyV4],
            NoRetry = true, // the URL is good once
        };
        try
        {
            Uri url = new(await ask(session.Lost));
            UpgradedConnection connection = await _dialer.DialAsync(url, request, options, cancellationToken: session.Lost);
            await using AskingSession runtime = new(await connection.AskAsync(request, _options.Limits, session.Lost), request);
            RelayOutcome outcome = await new RemoteCommandRelay(session, runtime, new RelayTraffic(_options.Clock), _options.Clock)
                .RunAsync();
            return outcome.Status ?? LostStatus(session);
        }
        catch (OperationCanceledException) when (session.Lost.IsCancellationRequested)
        {
            return LostStatus(session);
        }
        catch (RpcException failure)
        {
            return failure.StatusCode == StatusCode.Cancelled && session.Lost.IsCancellationRequested
                ? LostStatus(session)
                : Status.InternalError(UnreachableSocketException.Describe(failure));
        }
        catch (Exception failure) when (failure is UpgradeException or ServerUnreachableException or SessionLostException)
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
