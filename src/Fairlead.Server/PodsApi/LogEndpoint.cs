using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>A container's log, followed until the client leaves or the server stops.</summary>
sealed class LogEndpoint(ContainerLookup containers, TimeProvider clock, CancellationToken stopping)
{
    public async Task AnswerAsync(HttpContext context, ApiRequest request)
    {
        ContainerLogQuery query = Read(request.Query, request.Name!);
        FoundContainer found = await containers.FindAsync(request, request.Query.First("container"), context.RequestAborted);
        RefuseWithoutLog(found, query.Previous);
        IMainProcess main = await ContainerLookup.FindMainProcessAsync(found, context.RequestAborted);

        context.Response.ContentType = "text/plain";
        DataRates.Lift(context);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            // Who follows a silent container must learn now that it is there; for all others a failure can still be an answer.
            if (query.Follow) await context.Response.BodyWriter.FlushAsync(ending.Token);
            await main.WriteLogAsync(query, context.Response.BodyWriter, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // how following ends
        }
    }

    static void RefuseWithoutLog(FoundContainer found, bool previous)
    {
        (string container, string pod) = (found.Reference.Container, found.Reference.Pod);
        if (found.Status?.Text("state", "waiting", "reason") is { } reason && found.Status.Member("lastState", "terminated") is null)
            throw new ApiRefusal(Refusals.BadRequest($"container \"{container}\" in pod \"{pod}\" is waiting to start: {reason}"));
        if (previous && found.Status?.Member("lastState", "terminated") is null)
            throw new ApiRefusal(Refusals.BadRequest($"previous terminated container \"{container}\" in pod \"{pod}\" not found"));
    }

    ContainerLogQuery Read(QueryParameters query, string pod)
    {
        long? tail = query.Number("tailLines"), seconds = query.Number("sinceSeconds"), limit = query.Number("limitBytes");
        string? time = query.First("sinceTime");
        bool hasTime = !string.IsNullOrEmpty(time);
        if (tail < 0) throw Invalid("tailLines", "must be greater than or equal to 0");
        if (limit < 1) throw Invalid("limitBytes", "must be greater than 0");
        if (seconds < 1) throw Invalid("sinceSeconds", "must be greater than 0");
        if (hasTime && seconds is not null) throw Invalid("sinceTime", "at most one of `sinceTime` or `sinceSeconds` may be specified");

        DateTimeOffset? since = seconds is { } ago ? clock.GetUtcNow() - TimeSpan.FromSeconds(Math.Min(ago, int.MaxValue)) : null;
        if (hasTime)
        {
            since = DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset parsed)
                ? parsed
                : throw new ApiRefusal(Refusals.BadRequest($"the query parameter sinceTime is no RFC 3339 time: \"{time}\""));
        }

        return new ContainerLogQuery
        {
            Follow = query.Boolean("follow"),
            Previous = query.Boolean("previous"),
            Timestamps = query.Boolean("timestamps"),
            TailLines = tail,
            LimitBytes = limit,
            Since = since,
        };

        ApiRefusal Invalid(string field, string problem) => new(Refusals.Invalid("PodLogOptions", pod, field, problem));
    }
}
