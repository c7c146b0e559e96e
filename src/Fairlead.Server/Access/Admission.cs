using Fairlead.Server.Answers;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Access;

/// <summary>Says who sends a request, and lets in who is allowed what it asks for.</summary>
sealed class Admission(PodsApiOptions options)
{
    readonly BearerTokens _tokens = new(options.PresentUsers);

    /// <exception cref="ApiRefusal">Nobody who is known.</exception>
    public ApiUser Identify(HttpContext context) =>
        _tokens.Authenticate(context.Request) ?? options.Authenticate?.Invoke(context) ?? throw new ApiRefusal(Refusals.Unauthorized);

    /// <summary>Asked of the user's own rules, and then of who else is to be asked.</summary>
    /// <exception cref="AuthorizerUnavailableException">Nobody can be asked.</exception>
    public ValueTask<bool> MayAsync(ApiUser user, AccessAttributes wanted, CancellationToken cancellationToken) =>
        user.May(wanted) ? new(true) : options.Authorize?.Invoke(user, wanted, cancellationToken) ?? new(false);

    /// <exception cref="ApiRefusal">The user may not.</exception>
    /// <exception cref="AuthorizerUnavailableException">Nobody can be asked.</exception>
    public async ValueTask RequireAsync(ApiUser user, AccessAttributes wanted, CancellationToken cancellationToken)
    {
        if (!await MayAsync(user, wanted, cancellationToken)) throw new ApiRefusal(Refusals.Forbidden(user, wanted));
    }
}
