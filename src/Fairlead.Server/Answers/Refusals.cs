using Fairlead.Server.Access;
using Fairlead.Server.PodsApi;
using Fairlead.Wire;

namespace Fairlead.Server.Answers;

/// <summary>Refusals as the API server words them: clients match on code, reason and, some of them, on the words.</summary>
static class Refusals
{
    public static Status Unauthorized { get; } = Status.Refusal(401, "Unauthorized", "Unauthorized");

    public static Status UnknownResource { get; } = Status.Refusal(
        404, "NotFound", "the server could not find the requested resource", new StatusDetails());

    public static Status MethodNotAllowed { get; } =
        Status.Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new StatusDetails());

    public static Status UnsupportedMediaType { get; } = Status.Refusal(
        415, "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json, " +
        "application/vnd.kubernetes.protobuf", new StatusDetails());

    public static Status NotAcceptable { get; } =
        Status.Refusal(406, "NotAcceptable", "only the following media types are accepted: application/json", new StatusDetails());

    public static Status BodyTooLarge { get; } =
        Status.Refusal(413, "RequestEntityTooLarge", "Request entity too large: the body of the request is larger than this server reads",
            new StatusDetails());

    public static Status BadRequest(string message) => Status.Refusal(400, "BadRequest", message);

    public static Status InternalError(string message) => Status.InternalError(message) with { Kind = "Status", ApiVersion = "v1" };

    public static Status Unavailable(string message) => Status.Refusal(503, "ServiceUnavailable", message);

    public static Status NotFound(ApiResource resource, string name) =>
        Status.Refusal(404, "NotFound", $"{resource.QualifiedName} \"{name}\" not found",
            new StatusDetails { Name = name, Group = NullIfEmpty(resource.Group), Kind = resource.Name });

    public static Status Invalid(string kind, string name, string field, string problem) => Status.Refusal(
        422, "Invalid", $"{kind} \"{name}\" is invalid: {field}: {problem}",
        new StatusDetails { Name = name, Kind = kind, Causes = [new StatusCause { Reason = "FieldValueInvalid", Message = problem }] });

    public static Status Forbidden(ApiUser user, AccessAttributes wanted)
    {
        string where = string.IsNullOrEmpty(wanted.Namespace) ? "at the cluster scope" : $"in the namespace \"{wanted.Namespace}\"";
        return Forbidden(
            wanted.Group, wanted.Resource, wanted.Name,
            $"User \"{user.Name}\" cannot {wanted.Verb} resource \"{wanted.ResourcePath}\" in API group \"{wanted.Group}\" {where}");
    }

    public static Status ImpersonationForbidden(ApiUser user, string resource, string? name) =>
        Forbidden(
            "", resource, name, $"User \"{user.Name}\" cannot impersonate resource \"{resource}\" in API group \"\" at the cluster scope");

    static Status Forbidden(string group, string resource, string? name, string why)
    {
        string qualified = group.Length == 0 ? resource : $"{resource}.{group}";
        string subject = string.IsNullOrEmpty(name) ? qualified : $"{qualified} \"{name}\"";
        return Status.Refusal(403, "Forbidden", $"{subject} is forbidden: {why}",
            new StatusDetails { Name = NullIfEmpty(name), Group = NullIfEmpty(group), Kind = resource });
    }

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
