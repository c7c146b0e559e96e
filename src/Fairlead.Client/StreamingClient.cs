using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;

namespace Fairlead.Client;

/// <summary>Runs commands in pods, and joins their main processes, over WebSocket. Safe for concurrent use.</summary>
/// <example>
/// <code>
/// await using RemoteProcess run = await client.ExecAsync(new("web-0"), ["wc", "-c"], new() { Stdin = true });
/// await run.StandardInput.WriteAsync(bytes);
/// await run.StandardInput.CompleteAsync();                        // the command sees the end of its input
/// string count = await run.StandardOutput.ReadToEndAsync();
/// ExitStatus exit = await run.WaitForExitAsync();                 // a lost session throws
/// </code>
/// </example>
public sealed class StreamingClient : IDisposable
{
    /// <summary>The most of a refusal's body that is read.</summary>
    const int LongestRefusal = 64 * 1024;

    readonly HttpMessageInvoker _http;

    /// <summary>Creates a client of this endpoint, which it then owns.</summary>
    public StreamingClient(KubernetesEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        Endpoint = endpoint;
        _http = new HttpMessageInvoker(endpoint.Handler, disposeHandler: false);
    }

    /// <summary>The server.</summary>
    public KubernetesEndpoint Endpoint { get; }

    /// <summary>Runs a command in a container. Returns when the server has accepted it.</summary>
    /// <param name="pod">Where.</param>
    /// <param name="command">The command and its arguments: no shell, no splitting.</param>
    /// <param name="options">Channels, versions and deadlines.</param>
    /// <param name="cancellationToken">Ends the wait for the upgrade; without effect on the running command.</param>
    /// <exception cref="UpgradeException">The server refused: nothing was started.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<RemoteProcess> ExecAsync(PodReference pod, IReadOnlyList<string> command, ExecOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command.Count == 0) throw new ArgumentException("A command has at least its name.", nameof(command));
        return OpenAsync("exec", pod, command, options ?? new(), cancellationToken);
    }

    /// <summary>Joins a container's main process. Returns when the server has accepted it.</summary>
    /// <inheritdoc cref="ExecAsync"/>
    public Task<RemoteProcess> AttachAsync(PodReference pod, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync("attach", pod, [], options ?? new(), cancellationToken);

    async Task<RemoteProcess> OpenAsync(string subresource, PodReference pod, IReadOnlyList<string> command, ExecOptions options, CancellationToken cancellationToken)
    {
        RemoteCommandRequest request = new()
        {
            Command = command,
            Stdin = options.Stdin,
            Stdout = options.Stdout,
            Stderr = options.Stderr && !options.Tty,
            Tty = options.Tty,
        };
        IReadOnlyList<RemoteCommandProtocol> offered = options.Protocols ?? Offer(request);
        Uri uri = StreamUri(subresource, pod, request);

        HttpResponseMessage response = await SendAsync(uri, offered, renew: false, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized && Endpoint.Authorize is not null)
        {
            response.Dispose();
            response = await SendAsync(uri, offered, renew: true, cancellationToken);
        }

        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            using (response) throw await RefusalAsync(response, cancellationToken);
        }

        try
        {
            RemoteCommandProtocol protocol = CheckUpgrade(response, offered);
            Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            CarrierLimits limits = CarrierLimits.Default with { PingInterval = options.PingInterval, PingTimeout = options.PingTimeout };
            return new RemoteProcess(new AskingSession(WebSocketRemoteCommand.Ask(stream, protocol, request, limits), request));
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Where input must end for the command to end, only versions that can say so: with another one it could wait for ever, and
    /// by the time the choice is known the command runs.
    /// </summary>
    static RemoteCommandProtocol[] Offer(RemoteCommandRequest request) => request is { Stdin: true, Tty: false }
        ? [RemoteCommandProtocol.V5]
        : [RemoteCommandProtocol.V5, RemoteCommandProtocol.V4];

    async Task<HttpResponseMessage> SendAsync(Uri uri, IReadOnlyList<RemoteCommandProtocol> offered, bool renew, CancellationToken cancellationToken)
    {
        using HttpRequestMessage message = new(HttpMethod.Get, uri) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        // The handler repeats a request without a body, up to three times, when its connection ends before the answer: the command would
        // run again. One with a body, be it empty, is sent once.
        message.Content = new ByteArrayContent([]);
        string key = WebSocketHandshake.CreateKey();
        HttpRequestHeaders headers = message.Headers;
        headers.Connection.Add("Upgrade");
        headers.Upgrade.Add(new ProductHeaderValue("websocket"));
        headers.TryAddWithoutValidation("Sec-WebSocket-Version", WebSocketHandshake.Version);
        headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        string names = string.Join(", ", offered.Select(static protocol => protocol.Name).Where(static name => name.Length > 0));
        if (names.Length > 0) headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", names); // one line: Go servers read only the first
        if (Endpoint.Authorize is { } authorize) await authorize(message, renew, cancellationToken);

        HttpResponseMessage response = await _http.SendAsync(message, cancellationToken);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols
            && (!response.Headers.TryGetValues("Sec-WebSocket-Accept", out IEnumerable<string>? accept)
                || accept.FirstOrDefault() != WebSocketHandshake.ComputeAccept(key)))
        {
            response.Dispose();
            throw new UpgradeException("The server's answer to the WebSocket upgrade does not match the request (Sec-WebSocket-Accept): a proxy between may have answered.", HttpStatusCode.SwitchingProtocols, null);
        }

        return response;
    }

    static RemoteCommandProtocol CheckUpgrade(HttpResponseMessage response, IReadOnlyList<RemoteCommandProtocol> offered)
    {
        string name = response.Headers.TryGetValues("Sec-WebSocket-Protocol", out IEnumerable<string>? values) ? values.FirstOrDefault() ?? "" : "";
        return offered.FirstOrDefault(protocol => protocol.Name == name)
            ?? throw new UpgradeException(
                name.Length == 0 ? "The server upgraded without choosing a subprotocol." : $"The server chose the subprotocol {name}, which was not offered.",
                HttpStatusCode.SwitchingProtocols, null);
    }

    static async Task<UpgradeException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] bytes = new byte[LongestRefusal];
        int length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        Status? status = Status.TryParse(bytes.AsSpan(0, length));
        string said = status?.Message ?? Encoding.UTF8.GetString(bytes, 0, Math.Min(length, 1024)).Trim();
        if (said.Length == 0) said = "the server gave no reason";
        string message = status is null ? $"the server refused the upgrade with {(int)response.StatusCode} {response.ReasonPhrase}: {said}" : said;
        return new UpgradeException(message, response.StatusCode, status);
    }

    Uri StreamUri(string subresource, PodReference pod, RemoteCommandRequest request)
    {
        StringBuilder uri = new(Endpoint.Server.GetLeftPart(UriPartial.Path).TrimEnd('/'));
        uri.Append("/api/v1/namespaces/").Append(Uri.EscapeDataString(pod.Namespace))
            .Append("/pods/").Append(Uri.EscapeDataString(pod.Name)).Append('/').Append(subresource);
        char separator = '?';
        foreach (string argument in request.Command) Add("command", argument);
        if (pod.Container is { } container) Add("container", container);
        if (request.Stderr) Add("stderr", "true");
        if (request.Stdin) Add("stdin", "true");
        if (request.Stdout) Add("stdout", "true");
        if (request.Tty) Add("tty", "true");
        return new Uri(uri.ToString(), UriKind.Absolute);

        void Add(string name, string value)
        {
            uri.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        Endpoint.Dispose();
    }
}
