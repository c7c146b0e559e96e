using System.Net;
using Fairlead.Lab;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.FunctionalTests.Forwarding;

/// <summary>A lab behind a proxy that can cut, and a client that goes through it. Ports of its pod are those of this machine.</summary>
sealed class ForwardedLab : IAsyncDisposable
{
    internal static readonly PodReference Pod = new("demo");

    readonly LabServer _lab;
    readonly DirectoryInfo _folder;

    ForwardedLab(LabServer lab, FaultProxy proxy, DirectoryInfo folder, StreamingClient client)
    {
        _lab = lab;
        Proxy = proxy;
        _folder = folder;
        Client = client;
    }

    internal FaultProxy Proxy { get; }

    internal StreamingClient Client { get; }

    internal string Folder => _folder.FullName;

    /// <summary>Those that pass on the end of one direction.</summary>
    internal static TheoryData<string> Forms => [.. PortForwardProtocol.All.Where(form => form.CanEndWrites).Select(form => form.Name)];

    internal static async Task<ForwardedLab> StartAsync(CancellationToken cancellationToken)
    {
        LabServer lab = await LabServer.StartAsync(new LabOptions(), cancellationToken);
        FaultProxy proxy = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-forward-");
        string path = Path.Combine(folder.FullName, "kubeconfig");
        await lab.WriteKubeconfigAsync(path, cancellationToken);
        string text = await File.ReadAllTextAsync(path, cancellationToken);
        await File.WriteAllTextAsync(path, text.Replace(lab.Url.Authority, $"127.0.0.1:{proxy.Port}", StringComparison.Ordinal), cancellationToken);
        return new ForwardedLab(lab, proxy, folder, StreamingClient.FromKubeconfig(path));
    }

    /// <summary>Forwards one free local port to a port of this machine.</summary>
    internal Task<PortForward> ForwardAsync(int port, ForwardOptions? options = null) =>
        Client.ForwardAsync(Pod, [new(local: 0, remote: port)], options, TestContext.Current.CancellationToken);

    /// <summary>The options that allow one form only.</summary>
    internal static PortForwardOptions Only(string form) => new() { Protocols = [PortForwardProtocol.All.First(known => known.Name == form)] };

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Proxy.DisposeAsync();
        await _lab.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
