using System.Text.Json.Nodes;
using Fairlead.Server.Answers;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>What the server says about itself to everybody who is known: version, health, discovery.</summary>
static class ServerInformation
{
    /// <summary>The Kubernetes release whose answers these are.</summary>
    const string Minor = "36";

    static readonly ReadOnlyMemory<byte> s_version = JsonAnswer.ToBytes(writer => new JsonObject
    {
        ["major"] = "1",
        ["minor"] = Minor,
        ["gitVersion"] = $"v1.{Minor}.0+fairlead",
        ["gitCommit"] = "",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = "none",
        ["compiler"] = "none",
        ["platform"] = "linux/amd64",
    }.WriteTo(writer));

    static readonly Discovery s_discovery = new();

    public static Task AnswerAsync(HttpContext context, ApiRequest request)
    {
        if (request.Path is "healthz" or "livez" or "readyz")
        {
            RequireGet(context);
            return JsonAnswer.WriteAsync(context, 200, "text/plain; charset=utf-8", "ok"u8.ToArray());
        }

        if (request.Path == "version")
        {
            RequireGet(context);
            return JsonAnswer.WriteAsync(context, 200, JsonAnswer.Json, s_version);
        }

        AcceptedForm form = AcceptedForm.Of(context.Request);
        if (s_discovery.Find(request.Path, form.Aggregated) is not { } document) throw new ApiRefusal(Refusals.UnknownResource);
        RequireGet(context);
        if (form.Kind == FormKind.None) throw new ApiRefusal(Refusals.NotAcceptable);
        return JsonAnswer.WriteAsync(context, 200, document.ContentType, document.Body);
    }

    static void RequireGet(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
            throw new ApiRefusal(Refusals.MethodNotAllowed);
    }
}
