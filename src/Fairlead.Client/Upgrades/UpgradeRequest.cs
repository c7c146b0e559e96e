using System.Net.Http.Headers;
using System.Text;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Client.Upgrades;

/// <summary>One exec or attach that is to be opened, whatever will carry it.</summary>
/// <param name="Uri">Path and query, the same for every transport.</param>
/// <param name="Command">Channels and command.</param>
/// <param name="Options">The caller's wishes.</param>
sealed record UpgradeRequest(Uri Uri, RemoteCommandRequest Command, ExecOptions Options)
{
    /// <summary>Adds to the headers of each try, behind the endpoint's own credentials; null for nothing.</summary>
    internal Action<HttpRequestHeaders>? Describe { get; init; }

    /// <summary>Where its carrier logs.</summary>
    internal ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    /// <summary>
    /// Where input must end for the command to end, only versions that can say so are offered: with another one it could wait for
    /// ever, and by the time the choice is known the command runs.
    /// </summary>
    internal bool InputMustEnd => Command is { Stdin: true, Tty: false };

    internal UpgradeTarget Target => new(Uri, Options.UpgradeTimeout, Describe) { Command = Command.Command };

    internal CarrierLimits Limits => CarrierLimits.Default with
    {
        PingInterval = Options.PingInterval,
        PingTimeout = Options.PingTimeout,
        InlineReaders = Options.InlineReaders,
        Logger = Logging.CreateLogger(CarrierLimits.LogCategory),
    };

    internal static UpgradeRequest Create(KubernetesEndpoint endpoint, string subresource, PodReference pod, IReadOnlyList<string> command, ExecOptions options)
    {
        RemoteCommandRequest request = new()
        {
            Command = command,
            Stdin = options.Stdin,
            Stdout = options.Stdout,
            Stderr = options.Stderr && !options.Tty,
            Tty = options.Tty,
        };
        return new UpgradeRequest(Locate(endpoint.Server, subresource, pod, request), request, options) { Logging = endpoint.Logging };
    }

    static Uri Locate(Uri server, string subresource, PodReference pod, RemoteCommandRequest request)
    {
        StringBuilder uri = UpgradeTarget.PathOf(server, pod, subresource);
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
}
