using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Node.Kubelet;
using Fairlead.Streaming.Tls;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>Certificates that are replaced while requests come: none of them fails.</summary>
public sealed class RotationTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void A_former_certificate_is_believed_for_a_moment_and_a_former_authority_is_not()
    {
        using TestAuthority former = new(), present = new();
        X509Certificate2 Issue(TestAuthority authority) => X509Certificate2.CreateFromPem(authority.IssueServerPem("node-1").Certificate);
        using X509Certificate2 shown = Issue(former), other = Issue(present);
        KubeletTrust trust = new(["node-1"], "kubelet.crt", TimeProvider.System);
        trust.Take([shown]);
        trust.Take([other]);
        Assert.True(Check(shown));
        trust.Take(Authority(former));
        Assert.True(Check(shown));
        trust.Take(Authority(present));
        Assert.True(Check(other));
        Assert.Throws<Fairlead.Upgrades.Requests.ServerCertificateException>(() => Check(shown));

        bool Check(X509Certificate2 certificate) => trust.Check(trust, certificate, null, SslPolicyErrors.RemoteCertificateChainErrors);

        static X509Certificate2Collection Authority(TestAuthority authority)
        {
            X509Certificate2Collection read = [];
            read.ImportFromPem(authority.Pem);
            return read;
        }
    }

    [Fact]
    public async Task The_kubelets_and_the_fronts_certificates_rotate_under_load()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Paths["metrics"] = static context =>
        {
            context.Response.Headers.Connection = "close"; // each request by a connection, and a handshake, of its own
            return context.Response.WriteAsync("numbers");
        };
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        using HttpClient client = room.Client(jane);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        int answered = 0;
        Task[] load = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(LoadAsync, Ct))];
        List<TestAuthority> authorities = [];
        for (int round = 0; round < 4; round++)
        {
            await MoreAsync(20);
            // a kubelet writes its new certificate first, and shows it then; the clock of those who look at files stands still
            SslStreamCertificateContext next = room.WriteKubeletCertificate();
            room.Kubelet.Identity = next;
            await MoreAsync(20);
            TestAuthority authority = new();
            authorities.Add(authority);
            room.WriteFrontCertificate(authority);
            X509Certificate2Collection taken = [];
            taken.ImportFromPem(authority.Pem);
            room.Kubelet.ClientAuthorities = taken;
        }

        await MoreAsync(20);
        await enough.CancelAsync();
        await Task.WhenAll(load);
        authorities.ForEach(static authority => authority.Dispose());

        async Task LoadAsync()
        {
            while (!enough.IsCancellationRequested)
            {
                Assert.Equal("numbers", await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct));
                Interlocked.Increment(ref answered);
            }
        }

        Task MoreAsync(int count)
        {
            int goal = Volatile.Read(ref answered) + count;
            return Eventually.HoldsAsync(() => Volatile.Read(ref answered) >= goal || load.Any(static task => task.IsFaulted), "requests are answered", cancellationToken: Ct);
        }
    }

    /// <summary>A kubelet writes its new certificate first, and shows it then.</summary>
    [Fact]
    public async Task The_moment_between_a_kubelets_new_file_and_its_first_handshake_refuses_nobody()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Allows = static (_, _) => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        SslStreamCertificateContext next = room.WriteKubeletCertificate();
        for (int look = 0; look < 2; look++) room.Clock.Advance(FileReads.Interval);
        await Eventually.HoldsAsync(
            () => room.Logged.Entries.Count(static entry => entry.Text.Contains("changed on disk and taken", StringComparison.Ordinal)) == 2, "the new file is taken on both ways to the kubelet",
            cancellationToken: Ct);
        Assert.Equal((200, 200), await AskAnewAsync());
        room.Clock.Advance(TimeSpan.FromMinutes(1)); // not for ever
        Assert.Equal((502, 502), await AskAnewAsync());
        room.Kubelet.Identity = next;
        Assert.Equal((200, 200), await AskAnewAsync());

        async Task<(int ByCertificate, int ByNothing)> AskAnewAsync()
        {
            await room.Kubelet.StopAsync(); // the next request takes a handshake
            await room.Kubelet.StartAsync(Ct);
            return ((await room.AskAsync("/pods", jane)).Code, (await room.AskAsync("/pods")).Code);
        }
    }

    /// <summary>A kubelet verifies the certificate of a connection that lives anew for each request; so does the front.</summary>
    [Fact]
    public async Task A_certificate_that_ends_while_its_connection_lives_is_as_none()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        using HttpClient client = room.Client(jane);
        Assert.Equal(200, await CodeAsync("/pods"));
        Assert.Equal(200, await CodeAsync("/fairlead/metrics"));
        Assert.Equal(404, await CodeAsync(FrontRoom.Exec));
        room.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1)); // the authority is good for a day
        Assert.Equal(401, await CodeAsync("/fairlead/metrics"));
        Assert.Equal(401, await CodeAsync(FrontRoom.Exec));
        room.Kubelet.Requests.Clear();
        Assert.Equal(403, await CodeAsync("/pods")); // asked of the kubelet as nobody in particular
        Assert.Equal("system:anonymous", Assert.Single(room.Kubelet.Requests).User);

        async Task<int> CodeAsync(string target)
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri(target, UriKind.Relative), Ct);
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task A_kubelet_that_shows_anothers_certificate_is_not_believed()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        string pinned = await File.ReadAllTextAsync(room.File("kubelet.crt"), Ct);
        room.Kubelet.Identity = room.WriteKubeletCertificate();
        await File.WriteAllTextAsync(room.File("kubelet.crt"), pinned, Ct); // of the same authority and name, and not the one in the file
        foreach (X509Certificate2? who in (X509Certificate2?[])[jane, null])
        {
            (int code, string body) = await room.AskAsync("/pods", who);
            Assert.Equal((502, "the kubelet could not be asked: the kubelet shows a certificate that is not trusted\n"), (code, body));
        }

        Assert.Empty(room.Kubelet.Requests);
    }
}
