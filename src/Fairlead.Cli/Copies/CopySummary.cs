using System.Globalization;
using System.Text;
using System.Text.Json;
using Fairlead.Wire;

namespace Fairlead.Cli.Copies;

/// <summary>What a copy has done, for people and for programs.</summary>
static class CopySummary
{
    public static string Files(int count) => Counted(count, "file");

    static string Counted(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    public static string Text(CopyResult result, TimeSpan took)
    {
        string rate = CopyConsole.Bytes((long)(result.Bytes / Math.Max(took.TotalSeconds, 0.001)));
        string again = result.Reconnections > 0
            ? string.Create(CultureInfo.InvariantCulture, $", {Counted(result.Reconnections, "connection")} lost on the way")
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"copied {Files(result.Files)}, {CopyConsole.Bytes(result.Bytes)} in {took.TotalSeconds:0.0} s ({rate}/s) by " +
            $"{result.Method}{again}");
    }

    public static string Json(CopyResult result, TimeSpan took)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("files", result.Files);
            writer.WriteNumber("directories", result.Folders);
            writer.WriteNumber("links", result.Links);
            writer.WriteNumber("bytes", result.Bytes);
            writer.WriteNumber("verifiedBySha256", result.VerifiedBySha256);
            writer.WriteNumber("verifiedBySize", result.VerifiedBySize);
            writer.WriteNumber("notVerified", result.Files - result.VerifiedBySha256 - result.VerifiedBySize);
            writer.WriteString("method", result.Method);
            writer.WriteNumber("reconnections", result.Reconnections);
            writer.WriteNumber("seconds", Math.Round(took.TotalSeconds, 3));
            writer.WriteStartArray("refused");
            foreach (CopyProblem refused in result.Refused)
            {
                writer.WriteStartObject();
                bool isText = !refused.Path.Any(char.IsSurrogate) || new PeerText(refused.Path).ToString() == refused.Path;
                writer.WriteString("path", isText ? refused.Path : new PeerText(refused.Path).ToString());
                if (!isText) writer.WriteBase64String("pathBytes", refused.GetPathBytes());
                writer.WriteString("reason", refused.Reason);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(json.ToArray());
    }
}
