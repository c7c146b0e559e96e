using System.CommandLine;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Node;
using Fairlead.Cli.Usage;
using Fairlead.Node.Checks;
using Fairlead.Node.Host;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead node check</c>: whether a front would work before this machine's kubelet.</summary>
[SupportedOSPlatform("linux")]
static class NodeCheckVerb
{
    public static Command Create(Invocation invocation)
    {
        FrontOptions front = new();
        Option<string?> output = new("--output", "-o") { HelpName = "FORMAT", Description = "json, or nothing for a line each" };
        VerbCommand verb = new("check", "Look whether a front would work before this machine's kubelet. Changes nothing.")
        {
            Of = "node",
            Usage = "[--kubelet-client-cert FILE --kubelet-client-key FILE] [options]",
            Examples = """
                # Before anything is put in: what would work, and what not, a line each
                fairlead node check --kubelet-client-cert /etc/fairlead/node.crt --kubelet-client-key /etc/fairlead/node.key

                # For a script: exit code 1 where something would not work
                fairlead node check -o json
                """,
            CodesHelp = "Exit codes: 0 where a front would work, 1 where something is in its way.",
        };
        front.AddTo(verb);
        verb.Add(output);
        verb.SetAction((parsed, cancellationToken) => RunAsync(invocation, front.Read(parsed), parsed.GetValue(output), cancellationToken));
        return verb;
    }

    static async Task<int> RunAsync(Invocation invocation, FrontChoice choice, string? format, CancellationToken cancellationToken)
    {
        if (format is not (null or "json")) throw new UsageException($"--output must be json, not \"{format}\"");
        using KubernetesEndpoint? cluster = FrontOptions.Cluster(choice);
        NodeCheck check = new(new NodeCheckOptions
        {
            Root = choice.Root,
            Config = choice.Config,
            ConfigFolder = choice.ConfigFolder,
            Flags = choice.Flags,
            IsRunning = choice.IsRunning,
            Cri = choice.Cri is null ? null : NodeVerbOptions.Socket("--cri", choice.Cri),
            ClientCertificateFile = choice.Certificate,
            ClientKeyFile = choice.Key,
            TokenFile = choice.Token,
            Cluster = cluster,
            NodeName = choice.NodeName,
            HealthPort = choice.HealthPort,
            Addresses = NodeAddresses.Find(),
        });
        List<CheckLine> lines = [];
        await foreach (CheckLine line in check.RunAsync(cancellationToken))
        {
            lines.Add(line);
            if (format is not null) continue;
            await invocation.Output.WriteLineAsync($"{Word(line.Outcome),-6} {line.Name}: {line.Text}");
            await invocation.Output.FlushAsync(cancellationToken); // one may take seconds
        }

        int faults = lines.Count(static line => line.Outcome == CheckOutcome.Fault);
        if (format is not null) await invocation.Output.WriteLineAsync(Json(lines));
        else await invocation.Output.WriteLineAsync(faults == 0 ? "a front would work here" : $"{faults} in the way of a front");
        return faults == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    static string Word(CheckOutcome outcome) => outcome switch
    {
        CheckOutcome.Fine => "ok",
        CheckOutcome.Notice => "note",
        _ => "FAULT",
    };

    static string Json(List<CheckLine> lines)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, new JsonWriterOptions
        {
            Indented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
        }))
        {
            writer.WriteStartArray();
            foreach (CheckLine line in lines)
            {
                writer.WriteStartObject();
                writer.WriteString("check", line.Name);
                writer.WriteString(
                    "outcome", line.Outcome switch { CheckOutcome.Fine => "ok", CheckOutcome.Notice => "note", _ => "fault" });
                writer.WriteString("text", line.Text);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(json.ToArray());
    }
}
