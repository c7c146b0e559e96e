using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Server.Answers;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>Lists and single objects, as they are or as tables.</summary>
sealed class ObjectsEndpoint(IPodCatalog catalog, TimeProvider clock)
{
    public async Task ListAsync(HttpContext context, ApiRequest request, ApiResource resource)
    {
        AcceptedForm form = FormOf(context.Request);
        ObjectSelector selector = ObjectSelector.Of(request, resource);
        CatalogSnapshot snapshot = await SnapshotAsync(resource, context.RequestAborted);
        IEnumerable<JsonObject> items = snapshot.Items.Where(selector.Matches);
        string version = snapshot.ResourceVersion.ToString(CultureInfo.InvariantCulture);
        await JsonAnswer.WriteAsync(context, 200, JsonAnswer.Json, JsonAnswer.ToBytes(writer =>
        {
            if (form.Kind == FormKind.Table) TableOf(request, resource, form).Write(writer, items, version, withColumns: true);
            else WriteList(writer, resource, items, version);
        }));
    }

    public async Task GetAsync(HttpContext context, ApiRequest request, ApiResource resource)
    {
        AcceptedForm form = FormOf(context.Request);
        CatalogSnapshot snapshot = await SnapshotAsync(resource, context.RequestAborted);
        JsonObject item = snapshot.Items.FirstOrDefault(
            item => item.Name == request.Name && (!resource.Namespaced || item.Namespace == request.Namespace))
            ?? throw new ApiRefusal(Refusals.NotFound(resource, request.Name!));
        await JsonAnswer.WriteAsync(context, 200, JsonAnswer.Json, JsonAnswer.ToBytes(writer =>
        {
            if (form.Kind == FormKind.Table)
                TableOf(request, resource, form).Write(writer, [item], item.ResourceVersion, withColumns: true);
            else item.WriteTo(writer, resource);
        }));
    }

    async ValueTask<CatalogSnapshot> SnapshotAsync(ApiResource resource, CancellationToken cancellationToken)
    {
        if (resource != ApiResources.Namespaces) return await catalog.ListAsync(resource.Name, cancellationToken);
        CatalogSnapshot pods = await catalog.ListAsync(ApiResources.Pods.Name, cancellationToken);
        return pods with { Items = Namespaces.Of(pods.Items) };
    }

    ObjectTable TableOf(ApiRequest request, ApiResource resource, AcceptedForm form) =>
        new(resource, form, request.Query.First("includeObject"), clock);

    static AcceptedForm FormOf(HttpRequest request)
    {
        AcceptedForm form = AcceptedForm.Of(request);
        return form.Kind == FormKind.None ? throw new ApiRefusal(Refusals.NotAcceptable) : form;
    }

    static void WriteList(Utf8JsonWriter writer, ApiResource resource, IEnumerable<JsonObject> items, string resourceVersion)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", resource.Kind + "List");
        writer.WriteString("apiVersion", resource.ApiVersion);
        writer.WriteStartObject("metadata");
        writer.WriteString("resourceVersion", resourceVersion);
        writer.WriteEndObject();
        writer.WriteStartArray("items");
        foreach (JsonObject item in items) item.WriteTo(writer, resource);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
