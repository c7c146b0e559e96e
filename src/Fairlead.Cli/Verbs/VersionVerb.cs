using System.CommandLine;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Usage;
using Fairlead.Wire;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead version</c>: what this program is. Asks no server.</summary>
static class VersionVerb
{
    public static Command Create(Invocation invocation)
    {
        VerbCommand verb = new("version", "Print the version of this program.")
        {
            Usage = "[--output json]",
            Examples = """
                fairlead version
                fairlead version --output json
                """,
        };
        Option<string?> output = new("--output", "-o") { HelpName = "FORMAT", Description = "json, or nothing for text" };
        verb.Add(output);
        verb.SetAction(parsed =>
        {
            switch (parsed.GetValue(output))
            {
                case null:
                    invocation.Output.WriteLine($"fairlead {Version}");
                    return;
                case "json":
                    WriteJson(invocation.Output);
                    return;
                case { } other:
                    throw new UsageException($"--output must be json, not \"{other}\"");
            }
        });
        return verb;
    }

    public static string Version =>
        typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Which sources it was built from; null where that was not told to the build, as outside of a clone.</summary>
    static string? Commit => Version.IndexOf('+', StringComparison.Ordinal) is >= 0 and var plus ? Version[(plus + 1)..] : null;

    static void Write(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    static void WriteJson(TextWriter output)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(
            json, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("version", Version);
            writer.WriteString("commit", Commit);
            writer.WriteString("runtime", RuntimeInformation.FrameworkDescription);
            writer.WriteString("compiled", RuntimeFeature.IsDynamicCodeSupported ? "when it runs" : "ahead");
            writer.WriteString("platform", RuntimeInformation.RuntimeIdentifier);
            writer.WriteStartObject("builtIn");
            Write(writer, "exec",
                RemoteCommandProtocol.OverWebSocket.Select(static known => known.Name).Where(static name => name.Length > 0));
            Write(writer, "execOverSpdy", RemoteCommandProtocol.OverSpdy.Select(static known => known.Name));
            Write(writer, "serves", OperatingSystem.IsLinux() ? ["gateway", "lab", "node", "cri-proxy"] : ["gateway"]);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(json.ToArray()));
    }
}
