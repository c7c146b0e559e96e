using Fairlead.Wire;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Answers;

/// <summary>A refusal as clients of a Kubernetes API expect it.</summary>
public static class StatusAnswer
{
    /// <summary>Answers with this Status as JSON; its code, or 500, is the answer's.</summary>
    public static Task WriteAsync(HttpContext context, Status refusal)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(refusal);
        return JsonAnswer.WriteAsync(context, refusal.Code ?? 500, JsonAnswer.Json, refusal.ToJson());
    }
}
