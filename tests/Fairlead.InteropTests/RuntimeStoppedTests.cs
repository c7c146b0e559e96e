using System.Diagnostics;
using System.Globalization;
using Fairlead.Containerd;
using Fairlead.Node;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>A containerd that was stopped, as a debugger or a full disk does it: it is there, and answers nothing.</summary>
[Trait("Case", "C23")]
public sealed class RuntimeStoppedTests
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Clients_get_503_and_nothing_is_left_when_it_goes_on()
    {
        Assert.SkipWhen(ContainerdProcess.MissingBecause is not null, ContainerdProcess.MissingBecause ?? "");
        await using ContainerdProcess containerd = await ContainerdProcess.StartAsync(Cancelled);
        ContainerdPod pod = await containerd.RunPodAsync(cancellationToken: Cancelled);
        string kubeconfig = Path.Combine(containerd.Folder.Root, "kubeconfig"), state = Path.Combine(containerd.Folder.Root, "state");
        await using NodeServer node = await NodeServer.StartAsync(new NodeOptions
        {
            Cri = UnixSocketAddress.Parse(containerd.Socket),
            Users = [NodeServer.CreateAdministrator()],
            Runtime = new CriRuntimeOptions { StreamThrough = StreamThrough.Native, StateFolder = state, CallTimeout = TimeSpan.FromSeconds(2), StartTimeout = TimeSpan.FromSeconds(4) },
        }, Cancelled);
        await node.WriteKubeconfigAsync(kubeconfig, Cancelled);
        using StreamingClient client = StreamingClient.FromKubeconfig(kubeconfig);
        PodReference where = new(pod.Name, pod.Namespace, pod.Container);

        Task[] running = [.. Enumerable.Range(0, 8).Select(_ => RunUntilRefusedAsync(client, where))]; // some of them are being started when it stops
        await Eventually.HoldsAsync(() => Folders() > 0, "a command is being started", cancellationToken: Cancelled);
        await SignalAsync("STOP", containerd.Id);
        try
        {
            await Task.WhenAll(running);
        }
        finally
        {
            await SignalAsync("CONT", containerd.Id);
        }

        await Eventually.HoldsAsync(() => Folders() == 0, "no folder of a command is left", TimeSpan.FromMinutes(1), Cancelled);
        await using RemoteProcess next = await client.ExecAsync(where, ["echo", "next"], new(), Cancelled);
        Assert.Equal("next\n", await next.StandardOutput.ReadToEndAsync(cancellationToken: Cancelled));

        int Folders() => Directory.EnumerateDirectories(state, "fairlead-*", SearchOption.AllDirectories).Count();
    }

    /// <summary>One command after the other, until the node says that the runtime is away.</summary>
    static async Task RunUntilRefusedAsync(StreamingClient client, PodReference where)
    {
        while (true)
        {
            try
            {
                await using RemoteProcess run = await client.ExecAsync(where, ["true"], new(), Cancelled);
                using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
                patience.CancelAfter(TimeSpan.FromSeconds(30));
                await run.WaitForExitAsync(patience.Token);
            }
            catch (RemoteCommandException)
            {
                // it was being started: the next one is refused
            }
            catch (OperationCanceledException) when (!Cancelled.IsCancellationRequested)
            {
                return; // it had been started: only its end, which lasts as long as it likes, is waited for; its client leaves
            }
            catch (UpgradeException refused)
            {
                Assert.Equal(503, (int)refused.StatusCode);
                return;
            }
        }
    }

    static async Task SignalAsync(string name, int process)
    {
        using Process kill = Process.Start("kill", ["-" + name, process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Cancelled);
        Assert.Equal(0, kill.ExitCode);
    }
}
