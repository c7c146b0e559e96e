using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Fairlead.Wire.PortForward;

namespace Fairlead.InteropTests;

/// <summary><c>fairlead port-forward</c> as a user meets it: forms, targets, listeners, losses and refusals.</summary>
public sealed class PortForwardCommandTests(LabFixture fixture)
{
    readonly LabProcess _lab = fixture.Lab;
    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.Fairlead);

    public static TheoryData<string> Forms => [.. PortForwardProtocol.All.Select(form => form.Name.Length > 0 ? form.Name : "none")];

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task Each_form_carries_a_connection(string form)
    {
        using LoopbackListener server = new();
        await using ForwardProcess forward = await StartAsync("--protocol", form, "demo", $":{server.Port}");
        await ExpectConversationAsync(forward, server);
        Assert.Contains($"connected by {PortForwardProtocol.All.First(known => (known.Name.Length > 0 ? known.Name : "none") == form).Description} ", forward.Process.Stderr.Text, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("portforward.fairlead.v2")]
    [InlineData("portforward.fairlead.v1")]
    [InlineData("SPDY/3.1+portforward.k8s.io")]
    [InlineData("portforward.k8s.io")]
    public async Task A_cut_carrier_is_told_in_a_line_and_the_next_connection_succeeds(string form)
    {
        using LoopbackListener server = new();
        await using FaultProxy proxy = _lab.Behind();
        await using ForwardProcess forward = await ForwardProcess.StartAsync(
            _fairlead, _lab.KubeconfigThrough(proxy), ["--protocol", form, "demo", $":{server.Port}"], cancellationToken: Ct);
        await ExpectConversationAsync(forward, server);
        proxy.Cut(CutKind.Reset);
        await forward.Process.Stderr.LineAsync("fairlead: lost connection to pod demo: ", Ct);
        await ExpectConversationAsync(forward, server);
        await forward.Process.Stderr.LineAsync("fairlead: connected again, to pod demo", Ct);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_forward_that_is_to_fail_ends_with_code_1_and_kubectls_words()
    {
        await using FaultProxy proxy = _lab.Behind();
        await using ForwardProcess forward = await ForwardProcess.StartAsync(
            _fairlead, _lab.KubeconfigThrough(proxy), ["--fail-when-lost", "demo", ":80"], cancellationToken: Ct);
        proxy.Cut(CutKind.Reset);
        Assert.Equal(1, await forward.Process.WaitForExitAsync(Ct));
        Assert.Contains("error: lost connection to pod: ", forward.Process.Stderr.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_service_a_deployment_and_names_lead_to_the_pods_port_and_a_killed_server_is_found_again()
    {
        int port;
        using (LoopbackListener free = new()) port = free.Port;
        string manifests = Path.Combine(_lab.Folder, "served.yaml");
        await File.WriteAllTextAsync(manifests, $$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: served, labels: {app: served} }
            spec:
              containers:
              - name: main
                command: [perl, -MIO::Socket::INET, -e, '$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => {{port}}, Listen => 50, ReuseAddr => 1) or die; while ($c = $s->accept) { print $c "$$$$\n"; close $c }']
                ports: [{name: pid, containerPort: {{port}}}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: served}
            spec: {selector: {app: served}, ports: [{name: web, port: 80, targetPort: pid}]}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: served}
            spec: {selector: {matchLabels: {app: served} } }
            """, Ct);
        await using LabProcess lab = await LabProcess.StartAsync(["--pods", manifests], Ct);
        await using ForwardProcess service = await ForwardProcess.StartAsync(_fairlead, lab.Kubeconfig, ["svc/served", ":80", ":web"], listeners: 2, cancellationToken: Ct);
        await using ForwardProcess deployment = await ForwardProcess.StartAsync(_fairlead, lab.Kubeconfig, ["deploy/served", ":pid"], cancellationToken: Ct);
        Assert.All([.. service.Lines, .. deployment.Lines], line => Assert.EndsWith($" -> {port}", line, StringComparison.Ordinal));

        int first = 0, second = 0;
        await Eventually.HoldsAsync(() => (first = Pid(service)) > 0, "the server listens", cancellationToken: Ct);
        Assert.Equal(first, Pid(deployment));
        using (Process killed = Process.GetProcessById(first)) killed.Kill();
        await Eventually.HoldsAsync(() => (second = Pid(service)) > 0, "the restarted server is reached", cancellationToken: Ct);
        Assert.NotEqual(first, second);
        Assert.Equal(second, Pid(deployment));
        Assert.False(service.Process.HasExited);

        RunResult missing = await RunAsync(lab.Kubeconfig, "svc/served", "81");
        Assert.Equal((1, "error: service served has no port 81; there are web (80)\n"), (missing.ExitCode, missing.Stderr));
        RunResult unnamed = await RunAsync(lab.Kubeconfig, "served", "http");
        Assert.Equal((1, $"error: pod served has no port named http; there are pid ({port})\n"), (unnamed.ExitCode, unnamed.Stderr));

        static int Pid(ForwardProcess forward)
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect("127.0.0.1", forward.LocalPort);
            byte[] buffer = new byte[100];
            int have = 0;
            try
            {
                while (socket.Receive(buffer, have, buffer.Length - have, SocketFlags.None) is > 0 and int count) have += count;
            }
            catch (SocketException)
            {
                return 0; // nobody listens in the pod right now
            }

            return have == 0 ? 0 : int.Parse(Encoding.ASCII.GetString(buffer, 0, have), CultureInfo.InvariantCulture);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_ports_and_a_Unix_socket_in_one_command()
    {
        using LoopbackListener one = new(), two = new();
        string path = Path.Combine(_lab.Folder, "two.sock");
        await using ForwardProcess forward = await ForwardProcess.StartAsync(
            _fairlead, _lab.Kubeconfig, ["demo", $":{one.Port}", $"{path}:{two.Port}"], listeners: 2, cancellationToken: Ct);
        await ExpectConversationAsync(forward, one);
        Assert.Equal($"Forwarding from {path} -> {two.Port}", forward.Lines[1]);
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(path), Ct);
        using Socket server = await two.AcceptAsync(Ct);
        await forward.Process.Stdout!.LineAsync($"Handling connection for {path}", Ct);
        await forward.Process.TerminateAsync(Ct);
        Assert.Equal(0, await forward.Process.WaitForExitAsync(Ct));
        Assert.False(Path.Exists(path));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_port_that_the_pod_refuses_is_told_and_the_others_stay()
    {
        using LoopbackListener server = new();
        int closed;
        using (LoopbackListener gone = new()) closed = gone.Port;
        await using ForwardProcess forward = await ForwardProcess.StartAsync(
            _fairlead, _lab.Kubeconfig, ["demo", $":{server.Port}", $":{closed}"], listeners: 2, cancellationToken: Ct);
        using Socket client = await forward.ConnectAsync(0, Ct), accepted = await server.AcceptAsync(Ct);
        using Socket refused = await forward.ConnectAsync(1, Ct);
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(async () => await refused.ReceiveAsync(new byte[1], Ct))).SocketErrorCode);
        await forward.Process.Stderr.LineAsync($"fairlead: connection for {forward.PortOf(1)} to port {closed} of demo failed: ", Ct);
        await client.SendAsync("x"u8.ToArray(), Ct);
        Assert.Equal(1, await accepted.ReceiveAsync(new byte[1], Ct));
    }

    [Fact(Timeout = 60_000), Trait("Case", "B3")]
    public async Task What_cannot_begin_says_why_and_what_helps()
    {
        using LoopbackListener taken = new();
        RunResult inUse = await RunAsync(_lab.Kubeconfig, "--address", "127.0.0.1", "demo", $"{taken.Port}:80");
        Assert.Equal((1, $"error: 127.0.0.1:{taken.Port} is in use: something else listens there. Choose another local port; 0 picks a free one\n"), (inUse.ExitCode, inUse.Stderr));
        RunResult half = await RunAsync(_lab.Kubeconfig, "demo", ":80", $"{taken.Port}:81"); // ::1 has that port free
        Assert.Equal((1, "", inUse.Stderr), (half.ExitCode, half.Stdout, half.Stderr));
        RunResult none = await RunAsync(_lab.Kubeconfig, "none", ":80");
        Assert.Equal((1, "error: pods \"none\" not found\n"), (none.ExitCode, none.Stderr));
    }

    static async Task ExpectConversationAsync(ForwardProcess forward, LoopbackListener server)
    {
        using Socket client = await forward.ConnectAsync(cancellationToken: Ct);
        Task<int> sending = client.SendAsync("question"u8.ToArray(), SocketFlags.None);
        using Socket accepted = await server.AcceptAsync(Ct);
        byte[] buffer = new byte[100];
        Assert.Equal("question", Encoding.ASCII.GetString(buffer, 0, await accepted.ReceiveAsync(buffer, Ct)));
        await accepted.SendAsync("answer"u8.ToArray(), Ct);
        Assert.Equal("answer", Encoding.ASCII.GetString(buffer, 0, await client.ReceiveAsync(buffer, Ct)));
        await sending;
    }

    Task<ForwardProcess> StartAsync(params string[] arguments) => ForwardProcess.StartAsync(_fairlead, _lab.Kubeconfig, arguments, cancellationToken: Ct);

    Task<RunResult> RunAsync(string kubeconfig, params string[] arguments) =>
        RunningProcess.RunAsync(_fairlead.Program, ["port-forward", "--kubeconfig", kubeconfig, .. arguments], cancellationToken: Ct);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
