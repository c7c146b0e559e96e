using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Server.PodsApi.Objects;
using Fairlead.Server.Requests;
using Fairlead.Server.Sessions;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>A container's log, followed until the client leaves or the server stops.</summary>
sealed class LogEndpoint(PodLookup pods, Serving serving)
{
    public async Task AnswerAsync(HttpContext context, ApiRequest request)
    {
        ContainerLogQuery query = Read(request.Query, request.Name!);
        FoundPod pod = await request.FindPodAsync(pods, context.RequestAborted);
        string container = PodLookup.NameOf(pod, request.Query.First("container"));
        IContainer found = await pods.FindContainerAsync(pod, container, context.RequestAborted);
        RefuseWithoutLog(pod, container, query.Previous);
        IMainProcess main = await PodLookup.FindMainAsync(found, container, context.RequestAborted);

        context.Response.ContentType = "text/plain";
        DataRates.Lift(context);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, serving.Stopping);
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

    static void RefuseWithoutLog(FoundPod pod, string container, bool previous)
    {
        JsonObject? status = pod.StatusOf(container);
        if (status?.Member("lastState", "terminated") is not null) return;
        if (status?.Text("state", "waiting", "reason") is { } reason)
            throw new ApiRefusal(Refusals.BadRequest($"container \"{container}\" in pod \"{pod.Name}\" is waiting to start: {reason}"));
        if (previous)
            throw new ApiRefusal(Refusals.BadRequest($"previous terminated container \"{container}\" in pod \"{pod.Name}\" not found"));
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

        DateTimeOffset now = serving.Options.Clock.GetUtcNow();
        DateTimeOffset? since = seconds is { } ago ? now - TimeSpan.FromSeconds(Math.Min(ago, int.MaxValue)) : null;
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
