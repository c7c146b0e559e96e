using System.Net;
using Fairlead.Client;
using Fairlead.Streaming;
using Fairlead.Wire;

namespace Fairlead.Gateway.Forwarding;

/// <summary>What a caller is told where the server behind did not take a session: its own words and its own code where it had some.</summary>
static class UpstreamRefusals
{
    internal static Status Of(Exception failure, bool inputMustEnd) => failure switch
    {
        UpgradeException { Status: { } status, StatusCode: var code } => status with { Kind = "Status", ApiVersion = "v1", Code = (int)code },
        UpgradeException { StatusCode: var code } when (int)code is >= 300 and < 400 =>
            NotReached(502, $"the server behind the gateway answered with a redirect ({(int)code}), which is not followed for a session"),
        UpgradeException { StatusCode: HttpStatusCode.Unauthorized } => Status.Refusal(401, "Unauthorized", "Unauthorized"),
        UpgradeException refused when inputMustEnd && MayBeForTheVersion(refused.StatusCode) => Status.Refusal(
            400, "InputCannotEnd", $"the server behind the gateway accepts no version that can say that the input has ended ({refused.Message}); ask without input, or with a terminal"),
        UpgradeException refused => NotReached(CodeOf(refused.StatusCode), "the server behind the gateway refused the upgrade: " + refused.Message),
        TimeoutException late => NotReached(504, late.Message),
        SessionLostException lost => NotReached(502, "the server behind the gateway dropped the session as it began: " + lost.Message),
        _ => NotReached(502, "the server behind the gateway cannot be reached"),
    };

    internal static Status NotReached(int code, string message) => Status.Refusal(code, ReasonOf(code), message);

    /// <summary>By these, servers and what is before them refuse versions; others are about the session or the server.</summary>
    static bool MayBeForTheVersion(HttpStatusCode code) =>
        code is HttpStatusCode.SwitchingProtocols or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden || (int)code is >= 200 and < 300;

    /// <summary>Kubelets and what stands before servers refuse in plain text; an answer that is no refusal, or a proxy's to the gateway, is nobody's but the gateway's.</summary>
    static int CodeOf(HttpStatusCode code) => (int)code is >= 400 and < 600 && code != HttpStatusCode.ProxyAuthenticationRequired ? (int)code : 502;

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
