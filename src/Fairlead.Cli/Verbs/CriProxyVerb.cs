using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Gateway;
using Fairlead.Cli.Logging;
using Fairlead.Cli.Native;
using Fairlead.Cli.Node;
using Fairlead.Cli.Usage;
using Fairlead.Cli.Verbs.Installing;
using Fairlead.Node.CriProxy;
using Fairlead.Node.Handover;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead cri-proxy</c>: a CRI socket whose streams need no SPDY.</summary>
static class CriProxyVerb
{
    public static Command Create(Invocation invocation)
    {
        LogOptions log = new(LogLevel.Warning);
        VerbCommand verb = new("cri-proxy",
            "Stand between a kubelet and its container runtime: exec, attach and port-forward without SPDY, everything else " +
            "untouched (Linux).")
        {
            Usage = "--listen unix://PATH --cri unix://PATH [options]",
            Examples = """
                # A socket of its own, in front of containerd's
                fairlead cri-proxy --listen unix:///run/fairlead/cri.sock --cri unix:///run/containerd/containerd.sock

                # As a unit of this machine, with the kubelet told of it: shown first, and done with --yes
                fairlead cri-proxy install

                # crictl through it
                crictl --runtime-endpoint unix:///run/fairlead/cri.sock exec -it CONTAINER sh

                # Each stream, and why one fails; --log-format json for a collector of logs
                fairlead cri-proxy --listen unix:///run/fairlead/cri.sock --cri unix:///run/containerd/containerd.sock --log-level debug
                """,
            Log = log,
            Tells = new("fairlead-cri-proxy", "Fairlead.Server"),
        };
        Option<string> cri = new("--cri") { HelpName = "unix://PATH", Description = "The container runtime's socket", Required = true };
        Option<string> listen = new("--listen")
        {
            HelpName = "unix://PATH",
            Description = "The socket to serve; it gets the mode and the owner of the runtime's, and a folder that is missing is made",
            Required = true
        };
        Option<string> streams = new("--streams")
        {
            HelpName = "ADDR:PORT",
            Description = "Where the URLs lead that are given out; a loopback address, port 0 picks a free one (default 127.0.0.1:0)",
            DefaultValueFactory = _ => "127.0.0.1:0",
        };
        RuntimeOptions runtime = new();
        foreach (Option option in (Option[])[listen, cri, streams]) verb.Add(option);
        runtime.AddTo(verb);
        log.AddTo(verb);
        if (OperatingSystem.IsLinux())
        {
            foreach (Command more in (Command[])[CriProxyInstallVerb.Create(invocation), CriProxyUninstallVerb.Create(invocation),
                CriProxyStayVerb.Create(invocation)])
                verb.Add(more);
        }

        verb.SetAction(async (parsed, cancellationToken) =>
        {
            if (!OperatingSystem.IsLinux()) throw new UsageException("the CRI proxy runs on Linux only: so do the containers behind it");
            await ServeAsync(invocation, new CriProxyOptions
            {
                Cri = NodeVerbOptions.Socket("--cri", parsed.GetValue(cri)!),
                Listen = NodeVerbOptions.Socket("--listen", parsed.GetValue(listen)!),
                Streams = GatewayVerbOptions.Address("--streams", parsed.GetValue(streams)!),
                Runtime = runtime.Read(parsed),
                Logging = invocation.Log,
            }, cancellationToken);
        });
        return verb;
    }

    [SupportedOSPlatform("linux")]
    static async Task ServeAsync(Invocation invocation, CriProxyOptions options, CancellationToken cancellationToken)
    {
        SocketPolling.GoOnWherePolled(Environment.ProcessorCount);
        using StopSignals stop = new();
        if (options.Cri == options.Listen)
            throw new UsageException("--listen and --cri name the same socket: the proxy needs one of its own");
        using CancellationTokenSource starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stop.Token);
        await using CriProxyServer? proxy = await StartAsync(options, starting.Token);
        if (proxy is null) return; // stopped before it began
        await invocation.Output.WriteLineAsync(
            $"ready {options.Listen} runtime=\"{proxy.Runtime.Description}\" streams={(proxy.Runtime.IsNative ? "native" : "cri")}");
        await invocation.Output.FlushAsync(cancellationToken);
        ServiceNotifications.TellReady();
        await stop.WaitAsync(cancellationToken);
        ServiceNotifications.TellStopping();
    }

    [SupportedOSPlatform("linux")]
    static async Task<CriProxyServer?> StartAsync(CriProxyOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await CriProxyServer.StartAsync(options, cancellationToken);
        }
        catch (SocketException e)
        {
            throw new IOException($"{options.Streams}: {e.Message}", e);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
