using Fairlead.Server.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Server.Requests;

/// <summary>
/// A session's path has one spelling: what stands in front of this server and has rules of its own reads it as it was sent, and this server
/// must not read something else (dot segments, escapes, doubled slashes).
/// </summary>
static class SessionPath
{
    /// <exception cref="ApiRefusal">400: the path was sent in another spelling.</exception>
    internal static void Check(HttpRequest request)
    {
        string sent = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?', 2)[0];
        string read = request.PathBase.Value + request.Path.Value;
        if (sent != read || read.EndsWith('/') || read.Contains("//", StringComparison.Ordinal))
            throw new ApiRefusal(Refusals.BadRequest("the path of a session has no escapes and no empty or dot segments"));
    }
}
