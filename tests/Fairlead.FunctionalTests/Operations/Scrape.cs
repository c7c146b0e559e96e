using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Fairlead.Lab;
using Fairlead.Node;
using Fairlead.Server.Operations;
using Fairlead.Streaming.Resumption.Answering;
using Fairlead.Testing;
using Fairlead.Wire;
using Fairlead.Wire.Sessions;
using Microsoft.AspNetCore.Http;

namespace Fairlead.FunctionalTests.Operations;

/// <summary>What a Prometheus reads of a gateway and of a node in which everything that is counted has happened at least once.</summary>
sealed partial class Scrape
{
    static readonly PodReference s_shell = new("demo", "default", "shell");

    Scrape(string text)
    {
        Text = text;
        foreach (Match family in Head().Matches(text))
        {
            string name = family.Groups["name"].Value, type = family.Groups["type"].Value;
            Families[name] = new Family(name, type, family.Groups["help"].Value);
        }

        foreach (Match series in Series().Matches(text))
        {
            string name = series.Groups["name"].Value;
            Family family = Families.TryGetValue(name, out Family? own) ? own : Families[Part().Replace(name, "")];
            family.Names.Add(name);
            foreach (Match label in Label().Matches(series.Groups["labels"].Value))
            {
                if (!family.Labels.TryGetValue(label.Groups["name"].Value, out SortedSet<string>? values))
                    family.Labels[label.Groups["name"].Value] = values = new SortedSet<string>(StringComparer.Ordinal);
                values.Add(label.Groups["value"].Value);
            }
        }
    }

    public string Text { get; }

    public SortedDictionary<string, Family> Families { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// A gateway before a lab whose exec speaks SPDY alone: a session that ends, one that is lost, one that is refused, an audit that fails, and
    /// two forwards that lose the connection which they share.
    /// </summary>
    public static async Task<Scrape> OfGatewayAsync(CancellationToken cancellationToken)
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions { Protocols = [RemoteCommandProtocol.SpdyV4] }, cancellationToken);
        await using FaultProxy proxy = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        await using GatewayRoom room = await GatewayRoom.StartAsync(shared: lab, configure: options => options with
        {
            Upstream = GatewayRoom.EndpointOf(new Uri($"https://127.0.0.1:{proxy.Port}"), lab.AuthorityPem, null),
            Operations = new IPEndPoint(IPAddress.Loopback, 0),
            Audit = static _ => throw new IOException("nobody takes it"),
        });
        using StreamingClient client = room.Client(), nobody = room.Client("nobody's");
        using TcpListener service = new(IPAddress.Loopback, 0);
        service.Start();
        int port = ((IPEndPoint)service.LocalEndpoint).Port;
        // before an exec: where that went by SPDY, forwards go so too
        await using Stream first = await client.ConnectAsync(new("demo"), port, cancellationToken: cancellationToken);
        await using Stream second = await client.ConnectAsync(new("demo"), port, cancellationToken: cancellationToken);
        await using (RemoteProcess ends = await client.ExecAsync(s_shell, ["true"], cancellationToken: cancellationToken)) await ends.WaitForExitAsync(cancellationToken);
        await Assert.ThrowsAnyAsync<Exception>(() => nobody.ExecAsync(s_shell, ["true"], cancellationToken: cancellationToken));
        await using RemoteProcess lost = await client.ExecAsync(s_shell, ["sleep", "300"], cancellationToken: cancellationToken);
        proxy.Cut(CutKind.Reset);
        await Assert.ThrowsAnyAsync<Exception>(async () => await lost.WaitForExitAsync(cancellationToken));
        using HttpClient operations = new() { BaseAddress = room.Gateway.OperationsUrl };
        Scrape scrape = null!;
        await Eventually.HoldsAsync(
            async () => (scrape = new Scrape(await operations.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancellationToken))).Families.Values.All(static family => family.Names.Count > 0),
            "everything was counted", cancellationToken: cancellationToken);
        return scrape;
    }

    /// <summary>What a node counts, as its own class does it: one that ends, one that is lost, one that is refused.</summary>
    public static async Task<Scrape> OfNodeAsync()
    {
        using NodeMetrics metrics = new(TimeProvider.System);
        foreach (SessionEnd end in (SessionEnd[])[SessionEnd.Completed, SessionEnd.ServerLost])
        {
            await metrics.Sessions.CountAsync(new DefaultHttpContext(), context =>
            {
                MeasuredSession session = MeasuredSession.Of(context)!;
                session.Begin("exec", "WebSocket v5.channel.k8s.io");
                session.Tell(end);
                return Task.CompletedTask;
            });
        }

        await metrics.Sessions.CountAsync(new DefaultHttpContext(), static context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });
        ResumableCommands sessions = new(KeepLimits.Default);
        sessions.Counts.OnRefused(SessionRefusal.WrongSecret);
        metrics.Sessions.Watch(sessions);
        return new Scrape(metrics.Text.Format());
    }

    [GeneratedRegex("^# HELP (?<name>\\S+) (?<help>.*)\n# TYPE \\S+ (?<type>\\S+)$", RegexOptions.Multiline)] private static partial Regex Head();

    [GeneratedRegex("^(?<name>[a-z_]+)\\{(?<labels>.*)\\} \\S+$", RegexOptions.Multiline)] private static partial Regex Series();

    [GeneratedRegex("(?<name>[a-z_]+)=\"(?<value>[^\"]*)\"")] private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")] private static partial Regex Part();

    /// <summary>One metric, with the names of its series and the labels that they have.</summary>
    internal sealed record Family(string Name, string Type, string Help)
    {
        public HashSet<string> Names { get; } = [];

        public SortedDictionary<string, SortedSet<string>> Labels { get; } = new(StringComparer.Ordinal);
    }
}
