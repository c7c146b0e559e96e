using System.Net;
using Fairlead.Client;
using Fairlead.Streaming;
using Fairlead.Wire;

namespace Fairlead.Gateway.Forwarding;

/// <summary>What a caller is told where the server behind did not take a session: its own words where it had some.</summary>
static class UpstreamRefusals
{
    internal static Status Of(Exception failure, bool inputMustEnd) => failure switch
    {
        UpgradeException { Status: { } status, StatusCode: var code } => status with { Kind = "Status", ApiVersion = "v1", Code = (int)code },
        UpgradeException { StatusCode: var code } when (int)code is >= 300 and < 400 =>
            NotReached(502, $"the server behind the gateway answered with a redirect ({(int)code}), which is not followed for a session"),
        UpgradeException { StatusCode: HttpStatusCode.Unauthorized } => Status.Refusal(401, "Unauthorized", "Unauthorized"),
        UpgradeException refused when inputMustEnd => Status.Refusal(
            400, "InputCannotEnd", $"the server behind the gateway accepts no version that can say that the input has ended ({refused.Message}); ask without input, or with a terminal"),
        UpgradeException refused => NotReached(502, "the server behind the gateway refused the upgrade: " + refused.Message),
        TimeoutException late => NotReached(504, late.Message),
        SessionLostException lost => NotReached(502, "the server behind the gateway dropped the session as it began: " + lost.Message),
        _ => NotReached(502, "the server behind the gateway cannot be reached"),
    };

    internal static Status NotReached(int code, string message) => Status.Refusal(code, code == 504 ? "Timeout" : "BadGateway", message);
}
