using System.Diagnostics;
using System.Net;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Upgrades.Http;

/// <summary>
/// Tells the log of one upgrade: what is offered, what came back, how long it took. Of the request it knows the offer alone.
/// </summary>
sealed class UpgradeLog(ILogger logger, UpgradeTarget target)
{
    static readonly string[] s_choices = ["Sec-WebSocket-Protocol", Streaming.Spdy.SpdyHandshake.VersionHeader];

    readonly bool _isTold = logger.IsEnabled(LogLevel.Debug);
    long _asked = Stopwatch.GetTimestamp();

    long Milliseconds => (long)Stopwatch.GetElapsedTime(_asked).TotalMilliseconds;

    internal void Asked(HttpRequestMessage message, string protocol)
    {
        if (!_isTold) return;
        _asked = Stopwatch.GetTimestamp();
        string offer = string.Join(", ",
            s_choices.Where(message.Headers.NonValidated.Contains).Select(name => message.Headers.NonValidated[name].ToString()));
        string server = target.Uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped); // a path may hold a ticket
        Log.UpgradeAsked(logger, server, protocol, message.Method.Method, offer.Length > 0 ? offer : "no subprotocol",
            (long)target.Timeout.TotalSeconds);
    }

    internal void Answered(HttpResponseMessage response)
    {
        if (!_isTold) return;
        string chosen = string.Join(", ",
            s_choices.Where(response.Headers.NonValidated.Contains).Select(name => response.Headers.NonValidated[name].ToString()));
        Log.UpgradeAnswered(logger, (int)response.StatusCode, target.Withheld.Blank(response.ReasonPhrase), Milliseconds, chosen.Length > 0
            ? target.Withheld.Blank(chosen)
            : "no subprotocol");
    }

    internal void Refused(UpgradeException refusal)
    {
        if (!_isTold) return;
        string said = target.Withheld.Blank(refusal.Message);
        if (refusal.StatusCode == HttpStatusCode.SwitchingProtocols) Log.UpgradeMisfit(logger, Milliseconds, said);
        else Log.UpgradeRefused(logger, (int)refusal.StatusCode, refusal.Status?.Reason is { Length: > 0 } reason
            ? target.Withheld.Blank(reason)
            : "(no reason)", Milliseconds, said);
    }

    internal void Unanswered(TimeoutException late) => Log.UpgradeUnanswered(logger, late.Message);

    internal void Failed(Exception failure)
    {
        if (!_isTold) return;
        string why = failure is OperationCanceledException ? "nobody waits for it any more" : target.Withheld.Blank(failure.Message);
        Log.UpgradeFailed(logger, WithheldException.Of(failure, target.Withheld), Milliseconds, why);
    }
}
