using System.Globalization;

namespace Fairlead.Testing;

/// <summary>A span as a collector got it.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="Name">The span's.</param>
/// <param name="Trace">The trace's id, in hexadecimal.</param>
/// <param name="Id">The span's id.</param>
/// <param name="Parent">The id of the span that it is below; empty for the first of a trace.</param>
/// <param name="Kind">1 is internal, 2 a server's, 3 a client's.</param>
/// <param name="IsError">Its status is that of an error.</param>
/// <param name="Tags">Its attributes, as text.</param>
public sealed record CollectedSpan(
    string Service, string Name, string Trace, string Id, string Parent, int Kind, bool IsError, IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>Reads those of one request to export traces.</summary>
    /// <remarks>Source: opentelemetry-proto, trace_service.proto, trace.proto, common.proto.</remarks>
    public static IEnumerable<CollectedSpan> Read(ReadOnlyMemory<byte> request)
    {
        foreach (ProtobufFields resource in new ProtobufFields(request).Messages(1))
        {
            string service = TagsOf(resource.Message(1), 1).GetValueOrDefault("service.name", "");
            foreach (ProtobufFields span in resource.Messages(2).SelectMany(static scope => scope.Messages(2)))
            {
                yield return new CollectedSpan(
                    service, span.Text(5), Hex(span.Bytes(1)), Hex(span.Bytes(2)), Hex(span.Bytes(4)), (int)span.Number(6), span.Message(15).Number(3) == 2, TagsOf(span, 9));
            }
        }
    }

    static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);

    static Dictionary<string, string> TagsOf(ProtobufFields owner, int number) =>
        owner.Messages(number).ToDictionary(static tag => tag.Text(1), static tag => ValueOf(tag.Message(2)));

    static string ValueOf(ProtobufFields value) => value switch
    {
        _ when value.Has(1) => value.Text(1),
        _ when value.Has(2) => value.Number(2) == 0 ? "false" : "true",
        _ => ((long)value.Number(3)).ToString(CultureInfo.InvariantCulture),
    };
}
