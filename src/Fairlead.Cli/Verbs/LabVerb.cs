using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Logging;
using Fairlead.Cli.Native;
using Fairlead.Cli.Usage;
using Fairlead.Lab;
using Fairlead.Lab.Manifests;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead lab</c>: a pods API on this machine whose containers are local processes.</summary>
static class LabVerb
{
    public static Command Create(Invocation invocation)
    {
        LogOptions log = new(LogLevel.Warning);
        VerbCommand verb = new("lab", "Serve pods that are local processes: a place to try things without a cluster (Linux).")
        {
            Usage = "[--listen ADDR:PORT] [--pods FILE] [--users FILE] [--protocols LIST] [--write-kubeconfig PATH]",
            Examples = """
                # The pod demo with the containers shell and web; a free port of the loopback interface
                fairlead lab --write-kubeconfig lab.kubeconfig

                # From another terminal
                export KUBECONFIG=lab.kubeconfig
                fairlead exec -it demo -- sh
                kubectl get pods

                # Pods of your own, from ordinary manifests whose containers name a command
                fairlead lab --pods pods.yaml --write-kubeconfig lab.kubeconfig

                # An old server, and one that is newer than old clients know
                fairlead lab --protocols spdy --write-kubeconfig lab.kubeconfig
                fairlead lab --protocols websocket/v5 --write-kubeconfig lab.kubeconfig

                # Users with few rights, to see each 401 and 403
                fairlead lab --users users.yaml --write-kubeconfig lab.kubeconfig

                # Each request and session; trace adds each message, without what is in it
                fairlead lab --write-kubeconfig lab.kubeconfig --log-level debug
                """,
            Log = log,
            Tells = new("fairlead-lab", "Fairlead.Server"),
        };
        Option<string> listen = new("--listen")
        {
            HelpName = "ADDR:PORT",
            Description = "Where to listen; port 0 picks a free one",
            DefaultValueFactory = _ => "127.0.0.1:0"
        };
        Option<bool> remote = new(
            "--allow-remote")
        { Description = "Allow an address that other machines reach: whoever has a token runs commands as you" };
        Option<string?> pods = new("--pods") { HelpName = "FILE", Description = "Pod manifests, YAML or JSON (default: the pod demo)" };
        Option<string?> users = new("--users")
        {
            HelpName = "FILE",
            Description = "Users: tokens, names, groups and allowed verbs (default: one administrator with a fresh token)"
        };
        Option<string?> kubeconfig = new(
            "--write-kubeconfig")
        {
            HelpName = "PATH",
            Description = "Where to write the kubeconfig, mode 0600 (default: fairlead/lab.kubeconfig in the user's runtime folder)"
        };
        Option<AcceptedProtocols> protocols = new("--protocols")
        {
            HelpName = "LIST",
            Description =
            "What is accepted, by comma: websocket, spdy, or one version as in websocket/v5, websocket/tunnel, spdy/v4 (default: all)",
            DefaultValueFactory = _ => AcceptedProtocols.All,
            CustomParser = AcceptedProtocols.Parse,
        };
        foreach (Option option in (Option[])[listen, remote, pods, users, protocols, kubeconfig]) verb.Add(option);
        log.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            if (!OperatingSystem.IsLinux())
                throw new UsageException("the lab runs on Linux only: its containers are Linux processes and terminals");
            if (!IPEndPoint.TryParse(parsed.GetValue(listen)!, out IPEndPoint? address))
                throw new UsageException($"--listen takes ADDRESS:PORT, for example 127.0.0.1:6443, not \"{parsed.GetValue(listen)}\"");
            if (!parsed.GetValue(remote) && !IPAddress.IsLoopback(address.Address))
                throw new UsageException(
                    $"--listen {address}: other machines reach this address, and whoever has a token runs commands here as you. Add " +
                    "--allow-remote if that is meant");

            await ServeAsync(invocation, parsed.GetValue(kubeconfig) ?? DefaultKubeconfig(), new LabOptions
            {
                Listen = address,
                AllowRemote = parsed.GetValue(remote),
                Logging = invocation.Log,
                Protocols = parsed.GetValue(protocols)!.Commands,
                PortForwardProtocols = parsed.GetValue(protocols)!.PortForward,
                Pods = parsed.GetValue(pods) is { } podsFile ? ReadPods(podsFile) : null,
                UsersFile = parsed.GetValue(users),
            }, cancellationToken);
        });
        return verb;
    }

    [SupportedOSPlatform("linux")]
    static async Task ServeAsync(Invocation invocation, string kubeconfig, LabOptions options, CancellationToken cancellationToken)
    {
        SocketPolling.GoOnWherePolled(Environment.ProcessorCount);
        using StopSignals stop = new();
        await using LabServer lab = await StartAsync(options, cancellationToken);
        try
        {
            await lab.WriteKubeconfigAsync(kubeconfig, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"the kubeconfig cannot be written to \"{kubeconfig}\": {e.Message}");
        }

        await invocation.Output.WriteLineAsync($"ready {lab.Url.GetLeftPart(UriPartial.Authority)} kubeconfig={kubeconfig}");
        await invocation.Output.FlushAsync(cancellationToken);
        await stop.WaitAsync(cancellationToken);
    }

    [SupportedOSPlatform("linux")]
    static async Task<LabServer> StartAsync(LabOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await LabServer.StartAsync(options, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException($"--users {e.Message}");
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new UsageException($"--listen {options.Listen}: {e.Message}");
        }
    }

    [SupportedOSPlatform("linux")]
    static PodManifests ReadPods(string path)
    {
        using StreamReader reader = Open(path);
        try
        {
            return PodManifests.Read(reader);
        }
        catch (ManifestException e)
        {
            throw new UsageException($"--pods {path}: {e.Message}");
        }
    }

    static StreamReader Open(string path)
    {
        try
        {
            return File.OpenText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {e.Message}");
        }
    }

    static string DefaultKubeconfig()
    {
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return string.IsNullOrEmpty(runtime)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "fairlead",
                "lab.kubeconfig")
            : Path.Combine(runtime, "fairlead", "lab.kubeconfig");
    }
}
