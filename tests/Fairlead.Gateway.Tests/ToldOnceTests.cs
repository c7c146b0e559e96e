using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Fairlead.Server.Handshakes;
using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Tests;

/// <summary>Whatever ends a session, wherever it stands: one line of audit, one count, one trace that has ended, and none that seems to run.</summary>
public sealed class ToldOnceTests
{
    static readonly CarrierLimits s_quick = CarrierLimits.Default with { Linger = TimeSpan.FromMilliseconds(300) };
    static readonly string[] s_forms = ["spliced", "translated", "spdy", "portforward", "own portforward"];

    /// <summary>Form, stage, ending, and what is to be told.</summary>
    public static TheoryData<string, string, string, string> Walk
    {
        get
        {
            TheoryData<string, string, string, string> walk = [];
            foreach (string form in s_forms)
            {
                walk.Add(form, "review", "client leaves", "Abandoned");
                walk.Add(form, "review", "gateway stops", "Refused ServiceUnavailable");
                walk.Add(form, "review", "server breaks", "Refused ServiceUnavailable");
                walk.Add(form, "review", "server refuses", "Refused Forbidden");
                walk.Add(form, "dial", "client leaves", "Abandoned");
                walk.Add(form, "dial", "gateway stops", "Refused ServiceUnavailable");
                walk.Add(form, "dial", "server breaks", "Refused BadGateway");
                walk.Add(form, "begin", "gateway fails", "Failed InternalError");
                if (form == "spdy")
                {
                    walk.Add(form, "run", "client leaves", "Abandoned"); // its streams are not opened
                    continue;
                }

                walk.Add(form, "run", "client leaves", "ClientLost");
                walk.Add(form, "run", "gateway stops", "Ended Draining");
                walk.Add(form, "run", "server breaks", "ServerLost SessionLost");
                if (!form.EndsWith("portforward", StringComparison.Ordinal)) walk.Add(form, "run", "server is done", "Completed");
            }

            return walk;
        }
    }

    [Theory, MemberData(nameof(Walk)), Trait("Case", "C2")]
    public async Task A_session_is_told_once_whatever_ends_it(string form, string stage, string ending, string told)
    {
        string pod = "p" + Guid.NewGuid().ToString("N");
        using Traces traces = new(pod);
        await using GatewayPair pair = await GatewayPair.StartAsync((options, _) => options with
        {
            Operations = new IPEndPoint(IPAddress.Loopback, 0),
            ClientLimits = s_quick, // the client says nothing of its own: each end would be waited for otherwise
            UpstreamLimits = s_quick,
            Logging = stage == "begin" ? new FailingLog() : options.Logging,
        });
        TaskCompletionSource<CancellationToken> reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<string> end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (stage == "review") pair.Upstream.Review = HoldAsync;
        pair.Upstream.Other = stage == "dial" ? HoldAsync : ServeAsync;

        await using RawWebSocket client = await RawWebSocket.DialAsync(pair.Address, tls: true, Ct);
        await client.SendAsync(Encoding.ASCII.GetBytes(Request(form, pod)), Ct);
        CancellationToken cut = await reached.Task.WaitAsync(Eventually.Patience, Ct);
        if (stage == "run") await client.ReadHeadAsync(Ct);
        switch (ending)
        {
            case "client leaves":
                await client.DisposeAsync();
                break;
            case "gateway stops":
                await pair.Gateway.DrainAsync(TimeSpan.FromMilliseconds(1), Ct);
                break;
            case "gateway fails":
                break; // by itself
            default:
                end.TrySetResult(ending);
                break;
        }

        if (ending == "server is done")
        {
            await client.ReadToCloseAsync(Ct);
            await client.DisposeAsync(); // as a client does that has its status
        }

        await Eventually.HoldsAsync(() => !pair.Audit.IsEmpty, "it is told", cancellationToken: Ct);
        if (stage is "dial" or "review" && ending is "client leaves" or "gateway stops")
            await Eventually.HoldsAsync(() => cut.IsCancellationRequested, "what was dialled is ended", cancellationToken: Ct);
        end.TrySetResult("");
        await Eventually.HoldsAsync(() => pair.Gateway.ActiveSessions == 0, "it is over", cancellationToken: Ct);
        await ExpectToldAsync(pair, traces, told);
        if (stage == "run" && form != "spdy")
        {
            using HttpClient operations = new() { BaseAddress = pair.Gateway.OperationsUrl };
            string joined = form is "spliced" or "own portforward" ? "spliced" : "translated";
            Assert.Contains($"form=\"{joined}\"", await operations.GetStringAsync("/metrics", Ct), StringComparison.Ordinal);
        }

        async Task HoldAsync(HttpContext context)
        {
            reached.TrySetResult(context.RequestAborted);
            if (await end.Task.WaitAsync(Ct) == "server refuses") await RecordingUpstream.JsonAsync(context, 201, """{"status":{"allowed":false}}""");
            else context.Abort();
        }

        async Task ServeAsync(HttpContext context)
        {
            if (form.EndsWith("portforward", StringComparison.Ordinal))
            {
                await using PortForwardAcceptor? acceptor = await PortForwardHandshake.AcceptAsync(context, [80], PortForwardProtocol.All);
                reached.TrySetResult(context.RequestAborted);
                await Task.WhenAny(end.Task, acceptor!.Ended);
            }
            else
            {
                RemoteCommandRequest request = new() { Command = ["ls"], Stdout = true };
                await using AnsweringSession? session = await WebSocketUpgrade.AcceptAsync(context, request, RemoteCommandProtocol.OverWebSocket);
                reached.TrySetResult(context.RequestAborted);
                await Task.WhenAny(end.Task, Task.Delay(Timeout.Infinite, session!.Lost));
                if (end.Task is { IsCompletedSuccessfully: true, Result: "server is done" }) await session.EndAsync(Status.Success);
            }

            if (end.Task is { IsCompletedSuccessfully: true, Result: "server breaks" }) context.Abort();
        }
    }

    [Theory, Trait("Case", "C2")]
    [InlineData("Origin: https://evil.example", "/exec?command=ls", "Refused Forbidden")]
    [InlineData("Sec-WebSocket-Protocol: none.of.ours", "/exec?command=ls", "Refused BadHandshake")]
    [InlineData("Sec-WebSocket-Version: 12", "/exec?command=ls", "Refused BadHandshake")]
    [InlineData("X-None: 1", "/portforward?ports=99999", "Refused BadRequest")]
    [InlineData("X-None: 1", "/%65xec?command=ls", "Refused BadRequest")]
    [InlineData("X-None: 1", "/exec?command=%zz", "Refused BadRequest")]
    [InlineData("POST", "/exec?command=ls", "Refused")]
    [InlineData("busy", "/exec?command=ls", "Refused TooManyRequests")]
    [InlineData("draining", "/exec?command=ls", "Refused ServiceUnavailable")]
    public async Task A_session_that_is_refused_at_the_door_is_told_too(string what, string path, string told)
    {
        string pod = "p" + Guid.NewGuid().ToString("N");
        using Traces traces = new(pod);
        await using GatewayPair pair = await GatewayPair.StartAsync((options, _) => options with
        {
            Operations = new IPEndPoint(IPAddress.Loopback, 0),
            MaxSessions = what == "busy" ? 0 : 10,
        });
        if (what == "draining") await pair.Gateway.DrainAsync(TimeSpan.FromMilliseconds(1), Ct);
        await using RawWebSocket client = await RawWebSocket.DialAsync(pair.Address, tls: true, Ct);
        string request = Request("spliced", pod).Replace("/exec?command=ls&stdout=true", path, StringComparison.Ordinal);
        if (what == "POST") request = "POST" + request[3..];
        int colon = what.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0)
        {
            string[] lines = [.. request.TrimEnd().Split("\r\n").Where(line => !line.StartsWith(what[..(colon + 1)], StringComparison.Ordinal)), what];
            request = string.Join("\r\n", lines) + "\r\n\r\n";
        }

        await client.SendAsync(Encoding.ASCII.GetBytes(request), Ct);
        await client.ReadHeadAsync(Ct);
        await Eventually.HoldsAsync(() => !pair.Audit.IsEmpty && pair.Gateway.ActiveSessions == 0, "it is told", cancellationToken: Ct);
        await ExpectToldAsync(pair, path.Contains('%', StringComparison.Ordinal) ? null : traces, told);
    }

    [Fact, Trait("Case", "C2")]
    public async Task An_audit_that_fails_ends_nothing_otherwise()
    {
        string pod = "p" + Guid.NewGuid().ToString("N");
        using Traces traces = new(pod);
        LogRecorder? logged = null;
        await using GatewayPair pair = await GatewayPair.StartAsync((options, _) =>
        {
            logged = (LogRecorder)options.Logging!;
            return options with { Audit = static _ => throw new IOException("disk full") };
        });
        await using RawWebSocket refused = await pair.UpgradeAsync(GatewayPair.Exec.Replace("/p/", $"/{pod}/", StringComparison.Ordinal));
        Assert.Equal(502, refused.StatusCode);
        Assert.Contains(logged!.Entries, static entry => entry is { Text: "The audit did not take a session's line", Failure: IOException { Message: "disk full" } });
        await Eventually.HoldsAsync(() => traces.Ended.Length == 1, "the trace has ended", cancellationToken: Ct);
    }

    /// <summary>One of everything, and the same thing everywhere.</summary>
    internal static async Task ExpectToldAsync(GatewayPair pair, Traces? traces, string told)
    {
        AuditRecord line = Assert.Single(pair.Audit);
        Assert.StartsWith(told, $"{line.End} {line.Reason}".TrimEnd(), StringComparison.Ordinal);
        using HttpClient operations = new() { BaseAddress = pair.Gateway.OperationsUrl };
        string[] metrics = (await operations.GetStringAsync("/metrics", Ct)).Split('\n');
        Assert.Equal([$"fairlead_gateway_sessions_ended_total{{end=\"{line.End}\"}} 1"], metrics.Where(static row => row.StartsWith("fairlead_gateway_sessions_ended_total{", StringComparison.Ordinal)));
        Assert.All(Values("fairlead_gateway_sessions_active{"), static value => Assert.Equal(0, value));
        Assert.Equal(line.ServerProtocol is null ? 0 : 1, Values("fairlead_gateway_session_duration_seconds_count{").Sum());
        Assert.Equal(line.End == "Refused" ? 1 : 0, Values("fairlead_gateway_sessions_refused_total{").Sum());
        if (traces is null) return;
        Activity trace = Assert.Single(traces.Ended);
        Assert.Equal(line.End, trace.GetTagItem("fairlead.end"));

        IEnumerable<double> Values(string name) =>
            metrics.Where(row => row.StartsWith(name, StringComparison.Ordinal)).Select(static row => double.Parse(row[row.LastIndexOf(' ')..], CultureInfo.InvariantCulture));
    }

    static string Request(string form, string pod)
    {
        string path = $"/api/v1/namespaces/ns/pods/{pod}/" + (form.EndsWith("portforward", StringComparison.Ordinal) ? "portforward?ports=80" : "exec?command=ls&stdout=true");
        if (form == "spdy")
            return $"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\nContent-Length: 0\r\n\r\n";
        string subprotocol = form switch { "portforward" => PortForwardProtocol.Tunnel.Name, "own portforward" => PortForwardProtocol.Direct.Name, "translated" => "v4.channel.k8s.io", _ => "v5.channel.k8s.io" };
        return $"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {subprotocol}\r\n\r\n";
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The traces of one pod's sessions.</summary>
    internal sealed class Traces : IDisposable
    {
        readonly List<Activity> _ended = [];
        readonly ActivityListener _listener;

        internal Traces(string pod)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = static source => source.Name == "Fairlead.Gateway",
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity =>
                {
                    if (!pod.Equals(activity.GetTagItem("k8s.pod.name"))) return;
                    lock (_ended) _ended.Add(activity);
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        internal Activity[] Ended
        {
            get
            {
                lock (_ended) return [.. _ended];
            }
        }

        public void Dispose() => _listener.Dispose();
    }

    /// <summary>Fails where a session begins, which is nobody's fault but the gateway's.</summary>
    sealed class FailingLog : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "SessionBegins") throw new NotSupportedException("never thought of");
        }

        public void Dispose()
        {
        }
    }
}
