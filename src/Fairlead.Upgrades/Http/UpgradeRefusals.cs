using System.Net;

namespace Fairlead.Upgrades.Http;

/// <summary>What refusals of an upgrade say: whether another way is worth a try, and what is told where every way was refused.</summary>
static class UpgradeRefusals
{
    /// <summary>Refused because it is a WebSocket, by a server that is too old or by something on the way; not for what it asks.</summary>
    internal static bool IsForWhatItIs(UpgradeException refusal) => refusal.StatusCode switch
    {
        // a redirect is about the address, whatever is asked for there
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => false,
        HttpStatusCode.SwitchingProtocols or HttpStatusCode.Unauthorized => false,
        HttpStatusCode.BadRequest => !refusal.NeedsContainer,
        _ => refusal.Status is null,
    };

    /// <summary>
    /// An extended CONNECT was refused, perhaps because it is one: by a code for that, or by something that says no more than a code. A
    /// server that knows what was asked for says why not.
    /// </summary>
    internal static bool IsForTheMethod(UpgradeException refusal) =>
        refusal.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented
            || (refusal.Status is null && IsForWhatItIs(refusal));

    /// <summary>
    /// The same request may be answered otherwise in a moment: nobody was there, something between could not reach the server, or had too
    /// much to do. What was refused for what it asks stays refused.
    /// </summary>
    internal static bool MayPass(Exception failure) => failure switch
    {
        UpgradeException refusal => refusal.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
            or >= HttpStatusCode.InternalServerError,
        ServerUnreachableException or CredentialsException => true,
        _ => false,
    };

    /// <summary>Refused by the authoriser: opening a WebSocket is a GET, and a role may have create and not get.</summary>
    internal static bool IsForTheVerb(UpgradeException refusal) => refusal is { StatusCode: HttpStatusCode.Forbidden, Status: not null };

    /// <summary>
    /// The words of several refusals, each once: by WebSocket a role needs get, by SPDY create, and who has neither is told that in one
    /// sentence.
    /// </summary>
    /// <param name="refusals">In the order of the tries, with the way that was tried.</param>
    internal static string Words(IEnumerable<(string Way, string Message)> refusals)
    {
        (string Ways, string Message)[] all = [
            .. refusals.GroupBy(static refusal => refusal.Message)
            .Select(static same => (string.Join(", ", same.Select(static refusal => refusal.Way)), same.Key))];
        if (all is [var only]) return only.Message;
        const string Get = " cannot get ";
        return all is [var (_, get), var (_, create)] && get.Replace(Get, " cannot create ", StringComparison.Ordinal) == create
            ? get.Replace(Get, " cannot get or create ", StringComparison.Ordinal)
            : string.Join("; ", all.Select(static refusal => $"{refusal.Ways}: {refusal.Message}"));
    }

    /// <summary>
    /// One refusal of several, with all their words. Its code and Status are of the one that is about what was asked: it passed the verb at
    /// which another one stopped, or it is about the verb, but not about the carrier.
    /// </summary>
    /// <param name="refusals">In the order of the tries.</param>
    /// <param name="message">All their words.</param>
    internal static UpgradeException Join(IReadOnlyList<UpgradeException> refusals, string message)
    {
        UpgradeException? verb = refusals.LastOrDefault(IsForTheVerb);
        UpgradeException? said = refusals.LastOrDefault(static refusal => refusal.Status is not null && !IsForTheVerb(refusal));
        // a 400 alone may be about the carrier
        bool isAnswer = said is not null && (verb is not null || said.StatusCode != HttpStatusCode.BadRequest);
        UpgradeException? answer = isAnswer ? said : verb;
        return new UpgradeException(
            message, (answer ?? said ?? refusals[^1]).StatusCode, answer?.Status is { } status ? status with { Message = message } : null,
            refusals[0]);
    }
}
