using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Fairlead.Server;

/// <summary>
/// Maps paths that open streams. Routes of ASP.NET Core ignore the case of words; a path that only they took for a stream would get past whatever
/// stands in front, judges and records, and compares letter by letter as kubelets do.
/// </summary>
static class StreamRoutes
{
    static readonly HttpMethodMetadata s_methods = new(["GET", "POST"]);

    /// <param name="endpoints">The application.</param>
    /// <param name="kind">The first word of the path, letter by letter.</param>
    /// <param name="rest">The route behind it.</param>
    /// <param name="answer">Answers it.</param>
    internal static void MapStreams(this IEndpointRouteBuilder endpoints, string kind, string rest, RequestDelegate answer) => endpoints
        .Map(RoutePatternFactory.Parse($"/{{kind}}/{rest}", defaults: null, new RouteValueDictionary { ["kind"] = new SameWord(kind) }), answer)
        .WithMetadata(s_methods);

    sealed class SameWord(string word) : IRouteConstraint
    {
        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
            values[routeKey] is string given && given == word;
    }
}
