using System.Net;
using Fairlead.Gateway.Callers;
using Fairlead.Upgrades.Requests;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Forwarding;

/// <summary>
/// What a caller is told where the server behind did not take a session: its own words and its own code where it had some.
/// </summary>
static class UpstreamRefusals
{
    /// <summary>
    /// What a caller is told for whom the gateway speaks, with credentials that the server behind refuses: it is not the caller's fault.
    /// </summary>
    internal const string OwnRefused = "the server behind the gateway does not take the gateway's own credentials";

    /// <summary>
    /// What such a caller is told where the gateway has no credentials at the moment. The cause concerns those who run the gateway, and is
    /// in its log.
    /// </summary>
    internal const string OwnMissing = "the gateway's own credentials cannot be had";

    /// <summary>True for what may come of dialling, whoever's fault it is.</summary>
    internal static bool IsOne(Exception failure) =>
        failure is HttpRequestException or TimeoutException or IOException;

    /// <summary>Logs why there is no session.</summary>
    /// <returns>What its caller is told.</returns>
    internal static Status Tell(ILogger logger, Exception failure, WithheldWords secrets, StreamTarget target, Caller caller,
        bool inputMustEnd = false)
    {
        Status refusal = Of(failure, caller, inputMustEnd);
        LogLevel level = failure is UpgradeException && refusal.Message != OwnRefused ? LogLevel.Debug : LogLevel.Warning;
        if (!logger.IsEnabled(level)) return refusal;
        (WithheldException withheld, string why) = (WithheldException.Of(failure, secrets), secrets.Blank(refusal.Message ?? ""));
        Log.DialFailed(logger, level, withheld, target.Subresource, caller.Name, target.Namespace, target.Pod, why);
        return refusal;
    }

    static Status Of(Exception failure, Caller caller, bool inputMustEnd) => failure switch
    {
        CredentialsException => NotReached(503, OwnMissing),
        UpgradeException { StatusCode: HttpStatusCode.Unauthorized } when caller.IsImpersonated => NotReached(503, OwnRefused),
        UpgradeException { Status: { } status, StatusCode: var code } =>
            status with { Kind = "Status", ApiVersion = "v1", Code = (int)code },
        UpgradeException { StatusCode: var code } when (int)code is >= 300 and < 400 =>
            NotReached(502, $"the server behind the gateway answered with a redirect ({(int)code}), which is not followed for a session"),
        UpgradeException { StatusCode: HttpStatusCode.Unauthorized } => Status.Refusal(401, "Unauthorized", "Unauthorized"),
        UpgradeException refused when inputMustEnd && MayBeForTheVersion(refused.StatusCode) => Status.Refusal(
            400, "InputCannotEnd",
            $"the server behind the gateway accepts no version that can say that the input has ended ({refused.Message}); ask " +
            "without input, or with a terminal"),
        UpgradeException refused =>
            NotReached(CodeOf(refused.StatusCode), "the server behind the gateway refused the upgrade: " + refused.Message),
        ServerUnreachableException { InnerException: { } cause } => Of(cause, caller, inputMustEnd),
        // its own words have addresses
        TimeoutException { InnerException.InnerException: TimeoutException } late => NotReached(504, RequestFault.Describe(late)),
        TimeoutException late => NotReached(504, late.Message),
        SessionLostException lost => NotReached(502, "the server behind the gateway dropped the session as it began: " + lost.Message),
        _ => NotReached(502, "the server behind the gateway cannot be reached: " + RequestFault.Describe(failure)),
    };

    internal static Status NotReached(int code, string message) => Status.Refusal(code, ReasonOf(code), message);

    /// <summary>
    /// Servers, and proxies before them, refuse a version with these codes. Other codes concern the session or the server.
    /// </summary>
    static bool MayBeForTheVersion(HttpStatusCode code) =>
        code is HttpStatusCode.SwitchingProtocols or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden || (int)code is >= 200 and < 300;

    /// <summary>
    /// A refusal in plain text, of a kubelet or of what stands before a server, keeps its code. Any other answer, and a proxy's 407 to the
    /// gateway, is the gateway's own trouble and is 502.
    /// </summary>
    static int CodeOf(HttpStatusCode code) => (int)code is >= 400 and < 600 && code != HttpStatusCode.ProxyAuthenticationRequired
        ? (int)code
        : 502;

    static string ReasonOf(int code) => code switch
    {
        400 => "BadRequest",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "RequestEntityTooLarge",
        429 => "TooManyRequests",
        500 => "InternalError",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "Unknown",
    };
}
