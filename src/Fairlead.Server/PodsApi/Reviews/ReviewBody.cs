using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Server.Access;
using Fairlead.Server.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Server.PodsApi.Reviews;

/// <summary>
/// Reads the spec of a review out of a request's body, in JSON or in protobuf: <c>kubectl auth can-i</c> sends the latter and does
/// not fall back. Answers are JSON in both cases, which it accepts.
/// </summary>
static class ReviewBody
{
    const int LongestBody = 64 * 1024;
    const string Protobuf = "application/vnd.kubernetes.protobuf";

    /// <summary>A name that stands twice could be read in two ways.</summary>
    static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    static readonly string[] s_resourceAttributes = ["namespace", "verb", "group", "version", "resource", "subresource", "name"];
    static readonly string[] s_nonResourceAttributes = ["path", "verb"];

    public static async Task<JsonObject> ReadSpecAsync(HttpContext context, ApiResource resource)
    {
        string type = (context.Request.ContentType ?? JsonAnswer.Json).Split(';')[0].Trim().ToLowerInvariant();
        if (type is not (JsonAnswer.Json or Protobuf)) throw new ApiRefusal(Refusals.UnsupportedMediaType);

        byte[] body = await ReadAsync(context);
        try
        {
            return type == Protobuf ? SpecOf(body, resource) : SpecOf(JsonNode.Parse(body, documentOptions: s_strict));
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException)
        {
            throw new ApiRefusal(Refusals.BadRequest("the body of the request cannot be decoded: " + problem.Message));
        }
    }

    static async Task<byte[]> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = LongestBody;
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    static JsonObject SpecOf(JsonNode? body)
    {
        if (body is not JsonObject review) throw new FormatException("it is not a JSON object");
        JsonObject spec = review["spec"]?.DeepClone() as JsonObject ?? [];
        Read(spec);
        return spec;
    }

    /// <summary>Reads every text once: half a surrogate pair is no text, and is told here.</summary>
    static void Read(JsonNode? node)
    {
        if (node is JsonObject members) foreach ((_, JsonNode? member) in members) Read(member);
        else if (node is JsonArray items) foreach (JsonNode? item in items) Read(item);
        else if (node?.GetValueKind() is JsonValueKind.String) node.GetValue<string>();
    }

    /// <summary>
    /// Kubernetes' envelope: four magic bytes, then a message whose field 2 is the object; the object's field 2 is its spec.
    /// </summary>
    static JsonObject SpecOf(ReadOnlySpan<byte> body, ApiResource resource)
    {
        if (!body.StartsWith("k8s\0"u8)) throw new FormatException("it does not begin as Kubernetes protobuf does");
        ReadOnlySpan<byte> spec = Field(Field(body[4..], 2), 2);
        JsonObject read = [];
        if (resource.Name == SelfReview.RulesReviews) return Texts(spec, ["namespace"]);
        if (resource.Name != SelfReview.AccessReviews) return read;

        ProtobufFields fields = new(spec);
        while (fields.TryRead(out int number, out ReadOnlySpan<byte> value))
        {
            if (number == 1) read["resourceAttributes"] = Texts(value, s_resourceAttributes);
            else if (number == 2) read["nonResourceAttributes"] = Texts(value, s_nonResourceAttributes);
        }

        return read;
    }

    static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> message, int wanted)
    {
        ReadOnlySpan<byte> found = default;
        ProtobufFields fields = new(message);
        while (fields.TryRead(out int number, out ReadOnlySpan<byte> value))
        {
            if (number == wanted) found = value;
        }

        return found;
    }

    /// <summary>A message of texts that are numbered from 1; empty ones are absent, as in JSON.</summary>
    static JsonObject Texts(ReadOnlySpan<byte> message, ReadOnlySpan<string> names)
    {
        JsonObject texts = [];
        ProtobufFields fields = new(message);
        while (fields.TryRead(out int number, out ReadOnlySpan<byte> value))
        {
            if (number >= 1 && number <= names.Length && value.Length > 0) texts[names[number - 1]] = Encoding.UTF8.GetString(value);
        }

        return texts;
    }
}
