using System.Net;
using k8s.Models;

namespace Fairlead.InteropTests.Deploy;

/// <summary>
/// The gateway runs by an overlay's own arguments, with its files where a kubelet would mount them: its probes answer, an exec goes through, and
/// what it asked of the cluster in its own name is what its role allows, no more and no less.
/// </summary>
public sealed class GatewayRunTests
{
    const string Token = "the-service-accounts-own";

    public static TheoryData<string> Names => Overlay.Names;

    [Theory(Timeout = 60_000), MemberData(nameof(Names))]
    public async Task An_exec_goes_through_and_needs_exactly_the_rights_that_are_given(string name)
    {
        CommandLineClient kubectl = Clients.Require(Peer.KubectlStable);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        Overlay overlay = await Overlay.LoadAsync(name);
        using TestAuthority authority = new();
        await using RecordedCluster cluster = await RecordedCluster.StartAsync(authority, cancellationToken);
        string folder = Directory.CreateTempSubdirectory("fairlead-overlay-").FullName;
        try
        {
            Mount(overlay, folder, authority, cluster.Url);
            await using RunningProcess gateway = RunningProcess.Start(Repository.Command, overlay.Container.Args.Select(argument => Here(argument, folder, cluster.Url)));
            string[] ready = (await gateway.Stdout!.LineAsync("ready ", TimeSpan.FromSeconds(50), cancellationToken)).Split(' ');
            Uri address = new(ready[1]), operations = new(ready[2]["operations=".Length..]);
            using (HttpClient probes = new() { BaseAddress = operations })
            {
                foreach (V1Probe probe in (V1Probe[])[overlay.Container.StartupProbe, overlay.Container.LivenessProbe, overlay.Container.ReadinessProbe])
                    Assert.Equal(HttpStatusCode.OK, (await probes.GetAsync(probe.HttpGet.Path, cancellationToken)).StatusCode);
                foreach (string path in overlay.Of<ServiceMonitor>().SelectMany(static each => each.Spec!.Endpoints!).Select(static each => each.Path!))
                    Assert.Contains("# TYPE fairlead_gateway", await probes.GetStringAsync(path, cancellationToken), StringComparison.Ordinal);
            }

            V1PolicyRule[] rules = [.. overlay.Of<V1ClusterRole>().SelectMany(static role => role.Rules)];
            await ExecAsync("token: the-callers-own");
            foreach (string user in NamesOf(rules, "users"))
            {
                string subject = string.Join(',', NamesOf(rules, "groups").Select(static group => $"O={group}").Append($"CN={user}"));
                await ExecAsync(CertificateOf(authority, folder, subject));
            }

            Assert.Equal(NamesOf(rules, "users"), Own().SelectMany(static call => call.Users).Distinct().Order());
            Assert.Equal(NamesOf(rules, "groups"), Own().SelectMany(static call => call.Groups).Distinct().Order());
            Assert.All(cluster.Calls, static call => Assert.Empty(call.OtherImpersonation));
            Assert.All(Own(), static call => Assert.Single(call.Users)); // in its own name it asks for nothing
            Assert.All(rules, static rule => Assert.True(rule.Verbs is ["impersonate"] && rule.ApiGroups is [""]));
            Assert.All(rules, static rule => Assert.Contains(Assert.Single(rule.Resources), (string[])["users", "groups"]));
            Assert.Contains(cluster.Calls, static call => call.Authorization == "Bearer the-callers-own" && call.Path.EndsWith("/exec", StringComparison.Ordinal));
            if (rules.Length > 0) Assert.Contains(Own(), static call => call.Path.EndsWith("/exec", StringComparison.Ordinal));

            async Task ExecAsync(string user)
            {
                string kubeconfig = Path.Combine(folder, "kubeconfig");
                await File.WriteAllTextAsync(kubeconfig, $$"""
                    apiVersion: v1
                    kind: Config
                    clusters:
                      - name: c
                        cluster: {server: "https://localhost:{{address.Port}}", certificate-authority-data: {{authority.PemAsBase64}} }
                    users:
                      - name: u
                        user: { {{user}} }
                    contexts:
                      - name: x
                        context: {cluster: c, user: u}
                    current-context: x
                    """, cancellationToken);
                RunResult ran = await RunningProcess.RunAsync(
                    kubectl.Program, ["exec", "--kubeconfig", kubeconfig, "--cache-dir", Path.Combine(folder, "cache"), "demo", "--", "anything"], cancellationToken: cancellationToken);
                Assert.True(ran.ExitCode == 0 && ran.Stdout == "ran\n", $"{ran}\n{gateway.Stderr.Text}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        IEnumerable<RecordedCluster.Call> Own() => cluster.Calls.Where(static call => call.Authorization == "Bearer " + Token);
    }

    static IEnumerable<string> NamesOf(IEnumerable<V1PolicyRule> rules, string resource) =>
        rules.Where(rule => rule.Resources.Contains(resource)).SelectMany(static rule => rule.ResourceNames).Order();

    static string CertificateOf(TestAuthority authority, string folder, string subject)
    {
        using System.Security.Cryptography.X509Certificates.X509Certificate2 certificate = authority.IssueClientSubject(subject);
        using System.Security.Cryptography.ECDsa key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(certificate)!;
        return $"client-certificate-data: {TestAuthority.Base64(certificate.ExportCertificatePem())}, client-key-data: {TestAuthority.Base64(key.ExportPkcs8PrivateKeyPem())}";
    }

    /// <summary>An argument as it is here: another folder, free ports, and the recorded cluster.</summary>
    static string Here(string argument, string folder, Uri cluster) => argument
        .Replace("=/", $"={folder}/", StringComparison.Ordinal)
        .Replace("--listen=0.0.0.0:8443", "--listen=127.0.0.1:0", StringComparison.Ordinal)
        .Replace("--operations=0.0.0.0:9090", "--operations=127.0.0.1:0", StringComparison.Ordinal)
        .Replace("https://kubernetes.default.svc", cluster.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);

    /// <summary>Puts the files of each volume where the container would see them, and nothing else.</summary>
    static void Mount(Overlay overlay, string folder, TestAuthority authority, Uri cluster)
    {
        (string certificate, string key) = authority.IssueServerPem();
        foreach (V1VolumeMount mount in overlay.Container.VolumeMounts)
        {
            V1Volume volume = overlay.Pod.Volumes.Single(each => each.Name == mount.Name);
            Dictionary<string, string> files = volume switch
            {
                { Secret.SecretName: "fairlead-gateway-tls" } => new() { ["tls.crt"] = certificate, ["tls.key"] = key },
                { Secret.SecretName: "fairlead-gateway-client-ca" } => new() { ["ca.crt"] = authority.Pem },
                { ConfigMap.Name: "kube-root-ca.crt" } => new() { ["ca.crt"] = authority.Pem },
                { ConfigMap: not null } => Local(overlay.Of<V1ConfigMap>().Single(each => each.Metadata.Name == volume.ConfigMap.Name).Data),
                { Projected.Sources: [{ ServiceAccountToken: { } token }] } => new() { [token.Path] = Token },
                _ => throw new InvalidDataException($"volume {volume.Name}"),
            };
            IEnumerable<V1KeyToPath>? items = volume.Secret?.Items ?? volume.ConfigMap?.Items;
            string place = Directory.CreateDirectory(folder + mount.MountPath).FullName;
            foreach ((string file, string text) in items?.Select(item => (item.Path, files[item.Key])) ?? files.Select(static file => (file.Key, file.Value)))
                File.WriteAllText(Path.Combine(place, file), text);
        }

        Dictionary<string, string> Local(IDictionary<string, string> data) => data.ToDictionary(static file => file.Key, file => file.Value
            .Replace("https://kubernetes.default.svc", cluster.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
            .Replace(" /etc/", $" {folder}/etc/", StringComparison.Ordinal));
    }
}
