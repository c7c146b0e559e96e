using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Fairlead.Testing;

namespace Fairlead.Cli.Tests;

/// <summary>
/// The machine's own authorities are read only where the kubeconfig names none, and naming one makes no server trusted that was not.
/// </summary>
public sealed class SystemRootsTests : IDisposable
{
    const string Roots = "roots.pem";
    const string Exec = "fairlead exec -q -c web demo -- exit 0";

    readonly TestAuthority _authority = new(), _other = new();
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-roots-").FullName;

    string Authority(TestAuthority authority) => "certificate-authority-data: " + authority.PemAsBase64;

    public SystemRootsTests() => File.WriteAllText(Path.Combine(_folder, Roots), _authority.Pem + "\n" + _other.Pem);

    /// <summary>Runs under roots of the machine that hold both authorities.</summary>
    Task<CommandProcess.Result> RunAsync(FakeCluster cluster, string line, CancellationToken cancellationToken) =>
        CommandProcess.RunAsync(cluster, $"export SSL_CERT_FILE='{_folder}/{Roots}' SSL_CERT_DIR='{_folder}'\n{line}", cancellationToken);

    [Theory(Timeout = 120_000)]
    [InlineData("authority", false)]
    [InlineData("nobody", false)]
    [InlineData("machine", true)]
    public async Task Machines_roots_are_read_only_where_the_kubeconfig_says_nothing(string trust, bool read)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using FakeCluster cluster = await FakeCluster.StartAsync(_authority.IssueServer("127.0.0.1"));
        await cluster.WriteKubeconfigAsync(trust switch
        {
            "authority" => Authority(_authority),
            "nobody" => "insecure-skip-tls-verify: true",
            _ => null,
        });
        Channel<string?> opened = Channel.CreateUnbounded<string?>();
        using FileSystemWatcher watcher = new(_folder) { NotifyFilter = NotifyFilters.LastAccess };
        watcher.Changed += (_, seen) => opened.Writer.TryWrite(seen.Name);
        watcher.EnableRaisingEvents = true;
        CommandProcess.Result result = await RunAsync(cluster, Exec, cancellationToken);
        Assert.Equal((0, "failing\n"), (result.ExitCode, result.Error));

        // what is told comes in order: with our own reading, all before it has been told
        await File.WriteAllTextAsync(Path.Combine(_folder, "last"), "x", cancellationToken);
        await File.ReadAllTextAsync(Path.Combine(_folder, "last"), cancellationToken);
        HashSet<string?> seen = [];
        while (!seen.Contains("last")) seen.Add(await opened.Reader.ReadAsync(cancellationToken));
        Assert.Equal(read, seen.Contains(Roots));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("authority")]
    [InlineData("name")]
    [InlineData("expired")]
    public async Task Machines_roots_do_not_help_a_server_that_the_named_authority_does_not_vouch_for(string fault)
    {
        X509Certificate2 certificate = fault switch
        {
            "authority" => _other.IssueServer("127.0.0.1"),
            "name" => _authority.IssueServer("elsewhere.example"),
            _ => _authority.IssueServer("127.0.0.1", expired: true),
        };
        await using FakeCluster cluster = await FakeCluster.StartAsync(certificate);
        await cluster.WriteKubeconfigAsync(Authority(_authority));
        CommandProcess.Result result = await RunAsync(cluster, Exec, TestContext.Current.CancellationToken);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("error: the server's certificate ", result.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_credential_plugin_finds_the_environment_that_the_user_set()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync(_authority.IssueServer("127.0.0.1"));
        await cluster.WriteKubeconfigAsync(Authority(_authority));
        string plugin = Path.Combine(_folder, "plugin");
        ExecutableFile.Write(plugin, $$$"""
            #!/bin/sh
            { echo "$SSL_CERT_DIR"; env | grep ^DOTNET_SYSTEM_NET_SOCKETS; } > {{{_folder}}}/seen
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}'
            """);
        string kubeconfig = await File.ReadAllTextAsync(cluster.Kubeconfig, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            cluster.Kubeconfig,
            kubeconfig.Replace("token: t", "exec: {apiVersion: client.authentication.k8s.io/v1, command: " + plugin + ", interactiveMode: Never}", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        CommandProcess.Result result = await RunAsync(cluster, Exec, TestContext.Current.CancellationToken);
        Assert.Equal((0, "failing\n"), (result.ExitCode, result.Error));
        // Neither the folder of certificates nor how sockets are polled, which the command sets for itself alone, is the plugin's.
        Assert.Equal(_folder + "\n", await File.ReadAllTextAsync(Path.Combine(_folder, "seen"), TestContext.Current.CancellationToken));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
