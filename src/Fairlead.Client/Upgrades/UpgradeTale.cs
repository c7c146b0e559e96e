using System.Diagnostics;
using System.Security.Authentication;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Client.Upgrades;

/// <summary>Tells the log of one upgrade: what is offered, what came back, how long it took. Of the request it knows the offer alone.</summary>
sealed class UpgradeTale(ILogger logger, UpgradeTarget target)
{
    static readonly string[] s_choices = ["Sec-WebSocket-Protocol", Streaming.Spdy.SpdyHandshake.VersionHeader];

    /// <summary>A chain without a trusted end, or one whose end has the right name and another key.</summary>
    static readonly string[] s_unsigned = ["PartialChain", "UntrustedRoot", "NotSignatureValid"];

    readonly bool _isTold = logger.IsEnabled(LogLevel.Debug);
    long _asked = Stopwatch.GetTimestamp();

    long Milliseconds => (long)Stopwatch.GetElapsedTime(_asked).TotalMilliseconds;

    internal void Asked(HttpRequestMessage message, string protocol)
    {
        if (!_isTold) return;
        _asked = Stopwatch.GetTimestamp();
        string offer = string.Join(", ", s_choices.Where(message.Headers.NonValidated.Contains).Select(name => message.Headers.NonValidated[name].ToString()));
        string server = target.Uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped); // a path may hold a ticket
        Log.UpgradeAsked(logger, server, protocol, message.Method.Method, offer.Length > 0 ? offer : "no subprotocol", (long)target.Timeout.TotalSeconds);
    }

    internal void Answered(HttpResponseMessage response)
    {
        if (!_isTold) return;
        string chosen = string.Join(", ", s_choices.Where(response.Headers.NonValidated.Contains).Select(name => response.Headers.NonValidated[name].ToString()));
        Log.UpgradeAnswered(logger, (int)response.StatusCode, response.ReasonPhrase, Milliseconds, chosen.Length > 0 ? chosen : "no subprotocol");
    }

    internal void Refused(UpgradeException refusal)
    {
        if (_isTold) Log.UpgradeRefused(logger, (int)refusal.StatusCode, refusal.Status?.Reason, Milliseconds, target.Withheld.Blank(refusal.Message));
    }

    internal void Unanswered() => Log.UpgradeUnanswered(logger, target.Timeout.TotalSeconds);

    internal void Failed(Exception failure)
    {
        if (_isTold) Log.UpgradeFailed(logger, WithheldException.Of(failure, target.Withheld), Milliseconds, Hint(failure));
    }

    /// <summary>What .NET's words for it mean here.</summary>
    static string Hint(Exception failure)
    {
        if (failure is OperationCanceledException) return "nobody waits for it any more";
        Exception cause = failure;
        while (cause is not AuthenticationException && cause.InnerException is { } inner) cause = inner;
        return cause switch
        {
            AuthenticationException { Message: var said } when said.Contains("NameMismatch", StringComparison.Ordinal) =>
                "the server's certificate is for another name than the one that it was asked by",
            AuthenticationException { Message: var said } when said.Contains("NotTimeValid", StringComparison.Ordinal) =>
                "the server's certificate, or one that vouches for it, has expired or is not valid yet",
            AuthenticationException { Message: var said } when s_unsigned.Any(fault => said.Contains(fault, StringComparison.Ordinal)) =>
                "no authority that is trusted here has signed the server's certificate",
            AuthenticationException => "TLS did not come about",
            _ when failure is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => "the proxy on the way refused",
            _ when failure is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the server's name has no address",
            _ when failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "no connection came about",
            _ when failure is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection ended before the server's answer",
            _ => "the request could not be sent, or its answer not be read",
        };
    }
}
