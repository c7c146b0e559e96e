using Fairlead.Server.Operations;

namespace Fairlead.Gateway.Operations;

/// <summary>
/// Since when nobody could be asked: apart for callers with credentials of their own and for those whom the gateway speaks for, as it may
/// be the gateway's credentials that fail.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="validity">How long a failed question counts. After that nobody knows whether a question would be answered.</param>
sealed class ReviewerAbsences(TimeProvider time, TimeSpan validity)
{
    readonly ReviewerAbsence _callers = new(time, validity), _gateway = new(time, validity);

    internal ReviewerAbsence Of(bool isImpersonated) => isImpersonated ? _gateway : _callers;
}
