using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.Lab;
using Fairlead.Streaming.Tls;
using Fairlead.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.FunctionalTests;

/// <summary>Certificates, authorities and users that are replaced on disk while servers run.</summary>
[Trait("Case", "C18")]
public sealed class CertificateRenewalTests : IDisposable
{
    static readonly PodReference Shell = new("demo", "default", "shell");

    readonly TestAuthority _servers = new(), _clients = new(), _newServers = new(), _newClients = new();

    [Fact]
    public async Task A_gateway_takes_everything_anew_and_its_sessions_go_on()
    {
        using X509Certificate2 before = _clients.IssueClientSubject("CN=jane"), after = _newClients.IssueClientSubject("CN=jane");
        await using RenewedCertificates room = await RenewedCertificates.StartAsync(_servers, _clients);
        using StreamingClient client = new(room.Endpoint(_servers, before));
        await using RemoteProcess session = await client.ExecAsync(Shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
        Assert.Equal("one\n", await EchoAsync(session, "one\n"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(client.Endpoint));
        Assert.Equal("first", room.LastCaller);
        string shown = await ShownAsync(room.Gateway.Url);

        room.Renew(_newServers, _newClients, "second");

        Assert.NotEqual(shown, await ShownAsync(room.Gateway.Url));
        Assert.Equal("two\n", await EchoAsync(session, "two\n"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(client.Endpoint)); // over the connection of before, or a session's ticket
        using (KubernetesEndpoint stranger = room.Endpoint(_newServers, before))
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => AskAsync(stranger));

        using StreamingClient renewed = new(room.Endpoint(_newServers, after));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(renewed.Endpoint));
        Assert.Equal("second", room.LastCaller);
        await using RemoteProcess next = await renewed.ExecAsync(Shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
        Assert.Equal("three\n", await EchoAsync(next, "three\n"));
        foreach (RemoteProcess running in (RemoteProcess[])[session, next])
        {
            await running.StandardInput.CompleteAsync();
            Assert.True((await running.WaitForExitAsync(Ct)).Succeeded);
        }

        Assert.Contains(room.Log.Entries, entry => entry.Text.StartsWith("server certificate: changed on disk and taken CN=127.0.0.1 until", StringComparison.Ordinal));
        Assert.Contains(room.Log.Entries, entry => entry.Text.StartsWith("client authorities: changed on disk and taken CN=test authority until", StringComparison.Ordinal));
        Assert.Contains(room.Log.Entries, entry => entry.Text.Contains("kubeconfig: changed on disk and taken CN=second until", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_renewal_comes_through_as_the_first()
    {
        await using RenewedCertificates room = await RenewedCertificates.StartAsync(_servers, _clients);
        foreach ((TestAuthority servers, TestAuthority clients, string name) in ((TestAuthority, TestAuthority, string)[])[(_newServers, _newClients, "second"), (_servers, _clients, "third")])
        {
            room.Renew(servers, clients, name);
            using X509Certificate2 jane = clients.IssueClientSubject("CN=jane");
            using StreamingClient client = new(room.Endpoint(servers, jane));
            await using RemoteProcess session = await client.ExecAsync(Shell, ["true"], cancellationToken: Ct);
            Assert.True((await session.WaitForExitAsync(Ct)).Succeeded);
            Assert.Equal(name, room.LastCaller);
        }
    }

    [Fact]
    public async Task A_labs_users_are_read_anew_and_their_sessions_go_on()
    {
        string path = Path.GetTempFileName();
        try
        {
            FakeTimeProvider time = new(DateTimeOffset.UtcNow);
            await File.WriteAllTextAsync(path, Users("old-token"), Ct);
            await using LabServer lab = await LabServer.StartAsync(new LabOptions { UsersFile = path, Clock = time }, Ct);
            using StreamingClient client = new(GatewayRoom.EndpointOf(lab.Url, lab.AuthorityPem, "old-token"));
            await using RemoteProcess session = await client.ExecAsync(Shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
            await File.WriteAllTextAsync(path, "users: [", Ct); // half of it
            Look();
            Assert.Equal(HttpStatusCode.OK, await AskAsync(client.Endpoint));
            await File.WriteAllTextAsync(path, Users("new-token"), Ct);
            Look();
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(client.Endpoint));
            using KubernetesEndpoint renewed = GatewayRoom.EndpointOf(lab.Url, lab.AuthorityPem, "new-token");
            Assert.Equal(HttpStatusCode.OK, await AskAsync(renewed));
            Assert.Equal("on\n", await EchoAsync(session, "on\n"));

            void Look()
            {
                for (int i = 0; i < 2; i++) time.Advance(FileReads.Interval);
            }
        }
        finally
        {
            File.Delete(path);
        }

        static string Users(string token) => $"users:\n- name: ann\n  token: {token}\n  rules:\n  - verbs: ['*']\n    resources: ['*']\n";
    }

    static async Task<string> EchoAsync(RemoteProcess process, string text)
    {
        await process.StandardInput.WriteAsync(Encoding.ASCII.GetBytes(text), Ct);
        ReadResult read = await process.StandardOutput.ReadAtLeastAsync(text.Length, Ct).AsTask().WaitAsync(Eventually.Patience, Ct);
        string echoed = Encoding.ASCII.GetString(read.Buffer.ToArray());
        process.StandardOutput.AdvanceTo(read.Buffer.End);
        return echoed;
    }

    static async Task<HttpStatusCode> AskAsync(KubernetesEndpoint endpoint)
    {
        using HttpMessageInvoker http = new(endpoint.Handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(endpoint.Server, "/api/v1/namespaces/default/pods"));
        if (endpoint.Authorize is { } authorize) await authorize(request, false, Ct);
        using HttpResponseMessage response = await http.SendAsync(request, Ct).WaitAsync(Eventually.Patience, Ct);
        return response.StatusCode;
    }

    /// <summary>The serial number of the certificate that a new handshake shows.</summary>
    static async Task<string> ShownAsync(Uri url)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, url.Port, Ct);
        string serial = "";
        await using SslStream tls = new(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            RemoteCertificateValidationCallback = (_, certificate, _, _) => (serial = certificate!.GetSerialNumberString()).Length > 0,
        }, Ct);
        return serial;
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (TestAuthority authority in (TestAuthority[])[_servers, _clients, _newServers, _newClients]) authority.Dispose();
    }
}
