using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Answers;

/// <summary>Writes answers.</summary>
static class JsonAnswer
{
    public const string Json = "application/json";

    static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext context, int code, JsonObject body) => WriteAsync(context, code, Json, ToBytes(body.WriteTo));

    public static async Task WriteAsync(HttpContext context, int code, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>The bytes that <paramref name="write"/> writes, with quotes and angle brackets as people read them.</summary>
    public static ReadOnlyMemory<byte> ToBytes(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes, s_plain)) write(writer);
        return bytes.WrittenMemory;
    }

    static void WriteTo(this JsonObject body, Utf8JsonWriter writer) => body.WriteTo(writer, null);
}
