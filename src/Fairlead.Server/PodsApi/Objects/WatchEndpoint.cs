using System.Text.Json.Nodes;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Requests;
using Fairlead.Server.Sessions;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>
/// Watches: changes as they happen, one JSON event a line, until the time asked for is over, the client leaves or the server stops.
/// </summary>
sealed class WatchEndpoint(IPodCatalog catalog, Serving serving)
{
    public async Task AnswerAsync(HttpContext context, ApiRequest request, ApiResource resource)
    {
        QueryParameters query = request.Query;
        AcceptedForm form = AcceptedForm.Of(context.Request);
        if (form.Kind == FormKind.None) throw new ApiRefusal(Refusals.NotAcceptable);
        ObjectSelector selector = ObjectSelector.Of(request, resource);
        long? timeout = query.Number("timeoutSeconds");
        bool announced = query.Boolean("sendInitialEvents");
        long from = query.Number("resourceVersion") ?? 0;

        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, serving.Stopping);
        if (timeout is > 0) ending.CancelAfter(TimeSpan.FromSeconds(Math.Min(timeout.Value, int.MaxValue / 1000)));

        ObjectTable? table = form.Kind == FormKind.Table ? new(resource, form, query.First("includeObject"), serving.Options.Clock) : null;
        WatchEvents events = new(context.Response.BodyWriter, resource, table);
        context.Response.ContentType = JsonAnswer.Json;
        DataRates.Lift(context);
        try
        {
            CatalogSnapshot now = await catalog.ListAsync(resource.Name, ending.Token);
            await context.Response.StartAsync(ending.Token);
            if (from == 0 || announced)
            {
                foreach (JsonObject item in now.Items.Where(selector.Matches)) events.Write("ADDED", item);
                if (announced) events.WriteInitialEventsEnd(now.ResourceVersion);
                from = now.ResourceVersion;
            }

            WatchedSet watched = new(selector, now.Items, from);
            await events.FlushAsync(ending.Token);
            await foreach (CatalogChange change in catalog.WatchAsync(resource.Name, from, ending.Token).WithCancellation(ending.Token))
            {
                if (watched.TypeOf(change) is not { } type) continue;
                events.Write(type, change.Item);
                await events.FlushAsync(ending.Token);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // the end of every watch: time is over, the client left, or the server stops
        }
        catch (Exception failure) when (context.Response.HasStarted)
        {
            RefusalLadder.LogFailure(serving.Logger, context, failure);
            events.WriteError(RefusalLadder.StatusOf(failure));
        }
    }
}
