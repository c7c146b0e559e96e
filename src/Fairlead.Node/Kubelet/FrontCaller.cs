using Fairlead.Upgrades.Reviews;
using Microsoft.Extensions.Primitives;

namespace Fairlead.Node.Kubelet;

/// <summary>Who sends a request, as far as it says so itself.</summary>
/// <remarks>Not a record: its text form must never show the token.</remarks>
sealed class FrontCaller
{
    /// <summary>Whom a valid client certificate names. It counts before a token.</summary>
    internal ReviewedUser? ByCertificate { get; init; }

    /// <summary>The bearer token, which nobody has looked at; null where there is none.</summary>
    internal string? Token { get; init; }

    /// <summary>What the kubelet is shown where it judges itself: the Authorization header as it came, or the token as one.</summary>
    internal StringValues Authorization { get; init; }
}
