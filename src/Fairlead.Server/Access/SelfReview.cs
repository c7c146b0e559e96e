namespace Fairlead.Server.Access;

/// <summary>The resources by which users ask about themselves: allowed to everybody who is known.</summary>
static class SelfReview
{
    public const string AuthorizationGroup = "authorization.k8s.io";
    public const string AuthenticationGroup = "authentication.k8s.io";
    public const string AccessReviews = "selfsubjectaccessreviews";
    public const string RulesReviews = "selfsubjectrulesreviews";
    public const string SubjectReviews = "selfsubjectreviews";

    public static bool IsOne(AccessAttributes wanted) =>
        wanted is { Verb: "create", Subresource: null } && (wanted.Group, wanted.Resource) is
        (AuthorizationGroup, AccessReviews) or (AuthorizationGroup, RulesReviews) or (AuthenticationGroup, SubjectReviews);
}
