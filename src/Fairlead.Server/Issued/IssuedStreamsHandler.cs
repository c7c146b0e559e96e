using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Fairlead.Server.Sessions;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fairlead.Server.Issued;

/// <summary>
/// Where streams that were issued are fetched. A ticket is taken by whatever comes with it, also by a request that is then refused.
/// </summary>
sealed class IssuedStreamsHandler(StreamTickets tickets, Serving serving)
{
    /// <summary>The route's value that is the ticket.</summary>
    public const string TicketInRoute = "ticket";

    static readonly ApiUser s_holder = new() { Name = "a ticket's holder", Token = "" };

    readonly RefusalLadder _ladder = new(serving.Logger, TextAnswer.WriteAsync);
    readonly RemoteCommandAnswer _remoteCommand = new(serving, Callers.OnceOnly);
    readonly PortForwardAnswer _portForward = new(serving);

    public Task AnswerAsync(HttpContext context) =>
        serving.FollowAsync(context, context => _ladder.AnswerAsync(context, RedeemAsync));

    Task RedeemAsync(HttpContext context) => tickets.Redeem(context.GetRouteValue(TicketInRoute) as string) switch
    {
        IssuedCommand asked => _remoteCommand.AnswerAsync(context, asked, s_holder),
        IssuedForward asked => _portForward.AnswerAsync(context, asked, s_holder),
        _ => throw new ApiRefusal(Status.Refusal(404, "NotFound", "this URL was used, is too old, or was never given out")),
    };
}
