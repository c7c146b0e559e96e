using System.CommandLine;
using System.Net.Sockets;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Gateway;
using Fairlead.Cli.Logging;
using Fairlead.Cli.Usage;
using Fairlead.Gateway;
using Fairlead.KubeConfig;
using Fairlead.Server.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Verbs;

/// <summary><c>fairlead gateway</c>: any client to any server.</summary>
static class GatewayVerb
{
    public static Command Create(Invocation invocation)
    {
        LogOptions log = new(LogLevel.Information);
        VerbCommand verb = new("gateway",
            "Stand in front of an API server, a kubelet or a lab, and let every client reach it whatever each of them speaks.")
        {
            Usage = "[--listen ADDR:PORT] (--upstream URL | --upstream-kubeconfig FILE) [options]",
            Examples = """
                # In front of the cluster of a kubeconfig; clients use their own credentials
                fairlead gateway --upstream-kubeconfig ~/.kube/config --write-kubeconfig gateway.kubeconfig

                # From another terminal, with a kubectl of any age
                kubectl --kubeconfig gateway.kubeconfig exec -it demo -- sh

                # Client certificates of an authority of your own, and sessions of an hour at most
                fairlead gateway --listen 0.0.0.0:8443 --upstream-kubeconfig gateway-identity.kubeconfig \
                    --tls-cert tls.crt --tls-key tls.key --client-ca ca.crt --max-session-age 1h

                # Whether it would start: every file is read, nothing is listened on
                fairlead gateway --upstream-kubeconfig gateway-identity.kubeconfig --tls-cert tls.crt --tls-key tls.key --client-ca ca.crt \
                    --check-config

                # Why a session does not come about: each step, and each failure with its cause
                fairlead gateway --upstream-kubeconfig ~/.kube/config --log-level debug

                # The same for a collector of logs
                fairlead gateway --upstream-kubeconfig ~/.kube/config --log-level debug --log-format json
                """,
            Log = log,
            Tells = new("fairlead-gateway", "Fairlead.Gateway", "Fairlead.Gateway"),
        };
        GatewayVerbOptions options = new();
        options.AddTo(verb);
        log.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            GatewayConfiguration configuration = new(parsed, options, invocation);
            if (parsed.GetValue(options.CheckConfig)) return await configuration.CheckAsync();
            using StopSignals stop = new();
            await using GatewayServer gateway = await StartAsync(configuration.Read(), cancellationToken);
            string? kubeconfig = parsed.GetValue(options.WriteKubeconfig);
            if (kubeconfig is not null)
                await WriteAsync(
                    kubeconfig, RedirectedKubeConfig.Create(
                    parsed.GetValue(options.Kubeconfig), gateway.Url, gateway.AuthorityPem
                    ?? await File.ReadAllTextAsync(parsed.GetValue(options.TlsCert)!, cancellationToken)), cancellationToken);

            await invocation.Output.WriteLineAsync(
                $"ready {gateway.Url.GetLeftPart(UriPartial.Authority)}{(kubeconfig is null ? "" : " kubeconfig=" + kubeconfig)}"
                + (gateway.OperationsUrl is { } operations ? " operations=" + operations.GetLeftPart(UriPartial.Authority) : ""));
            await invocation.Output.FlushAsync(cancellationToken);
            await stop.WaitAsync(cancellationToken);
            if (parsed.GetValue(options.LameDuck) is { } lameDuck) await gateway.AnnounceEndAsync(lameDuck, cancellationToken);
            await gateway.DrainAsync(parsed.GetValue(options.Drain), cancellationToken);
            return ExitCodes.Success;
        });
        return verb;
    }

    static async Task<GatewayServer> StartAsync(GatewayOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await GatewayServer.StartAsync(options, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message); // names the file
        }
        catch (Exception e) when (e is (IOException and not FairleadException) or SocketException)
        {
            throw new UsageException($"--listen {options.Listen}: {e.Message}");
        }
    }

    static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        try
        {
            await OwnerOnlyFile.WriteAsync(path, text, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"the kubeconfig cannot be written to \"{path}\": {e.Message}");
        }
    }
}
