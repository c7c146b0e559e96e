using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Lab.Manifests;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Lab.Tests.Kit;

/// <summary>A runtime with one pod <c>p</c> of one container <c>c</c>.</summary>
sealed class OnePod : IAsyncDisposable
{
    internal static readonly ProcessRuntimeOptions Quick = new()
    {
        Grace = TimeSpan.FromMilliseconds(300),
        DrainTime = TimeSpan.FromMilliseconds(200),
        FirstBackoff = TimeSpan.FromMilliseconds(30),
    };

    internal OnePod(string script, string more = "", string restart = "Never", ProcessRuntimeOptions? options = null)
    {
        string text = $$"""
            {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"restartPolicy": "{{restart}}", "containers": [
              {"name": "c", "command": ["sh", "-c", {{JsonValue.Create(script).ToJsonString()}}]{{(more.Length > 0 ? ", " + more : "")}} } ] } }
            """;
        Runtime = ProcessRuntime.Start(PodManifests.Read(new StringReader(text)), options ?? Quick);
        FoundPod pod = Runtime.FindAsync("default", "p", default).AsTask().Result!;
        Container = Runtime.FindAsync(pod, "c", default).AsTask().Result!;
        Main = Container.FindMainProcessAsync(default).AsTask().Result!;
    }

    internal ProcessRuntime Runtime { get; }

    internal IContainer Container { get; }

    internal IMainProcess Main { get; }

    internal JsonNode ContainerStatus => Runtime.List("pods").Items[0]["status"]!["containerStatuses"]![0]!;

    internal string Phase => (string)Runtime.List("pods").Items[0]["status"]!["phase"]!;

    internal TestClient Attach(bool stdin = false, TerminalSize? size = null, bool collect = true) => new(
        new RemoteCommandRequest { Stdin = stdin, Stdout = true, Stderr = !Main.HasTerminal, Tty = Main.HasTerminal },
        Main.AttachAsync,
        size,
        collect);

    internal async Task<string> LogAsync(ContainerLogQuery? query = null)
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 0));
        await Main.WriteLogAsync(query ?? new ContainerLogQuery(), pipe.Writer, TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        ReadResult result = await pipe.Reader.ReadAtLeastAsync(int.MaxValue);
        return Encoding.UTF8.GetString(result.Buffer);
    }

    internal Task EndedAsync() => Eventually.HoldsAsync(() => ContainerStatus["state"]!["terminated"] is not null, "the container has ended");

    public ValueTask DisposeAsync() => Runtime.DisposeAsync();
}
