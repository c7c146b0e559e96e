namespace Fairlead.InteropTests.Handover;

/// <summary>A node that runs as a service does, on a socket that is held for it, and what its clients need.</summary>
sealed class NodeService : IDisposable
{
    const string Token = "a-token-of-this-test";

    readonly TestAuthority _authority = new();
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-node-service-").FullName;
    readonly string[] _arguments;

    /// <param name="socket">The runtime's.</param>
    /// <param name="stateFolder">The node's.</param>
    /// <param name="room">How many descriptors are kept for it.</param>
    public NodeService(string socket, string stateFolder, int room = 0)
    {
        Keeper = new ServiceKeeper(room);
        (string certificate, string key) = _authority.IssueServerPem("127.0.0.1");
        File.WriteAllText(At("node.crt"), certificate);
        File.WriteAllText(At("node.key"), key);
        File.WriteAllText(At("tokens"), Token + ",admin,1\n");
        File.WriteAllText(At("kubeconfig"), $$"""
            apiVersion: v1
            kind: Config
            current-context: c
            contexts:
            - { name: c, context: { cluster: c, user: u } }
            clusters:
            - name: c
              cluster:
                server: https://{{Keeper.EndPoint}}
                certificate-authority-data: {{_authority.PemAsBase64}}
            users:
            - name: u
              user:
                token: {{Token}}
            """);
        _arguments = ["node", "--cri", socket, "--state-dir", stateFolder, "--tls-cert", At("node.crt"), "--tls-key", At("node.key"),
            "--token-file", At("tokens"), "--allow-user", "admin", "--log-level", "info"];
    }

    public ServiceKeeper Keeper { get; }

    public string Kubeconfig => At("kubeconfig");

    public RunningProcess Start() => Keeper.Start(Repository.Command, _arguments);

    public StreamingClient Connect() => StreamingClient.FromKubeconfig(At("kubeconfig"));

    /// <summary>Lets no further process start: its key is none.</summary>
    public void Spoil() => File.WriteAllText(At("node.key"), "no key");

    /// <summary>Waits until a process says that it serves.</summary>
    /// <returns>Its number.</returns>
    public async Task<int> ServesAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            string[] said = await Keeper.HearAsync(cancellationToken);
            if (said.Contains("READY=1")) return int.Parse(Assert.Single(said, static line => line.StartsWith("MAINPID=", StringComparison.Ordinal))["MAINPID=".Length..]);
        }
    }

    /// <summary>Asks over a connection of its own, again and again.</summary>
    /// <returns>How often, and what went wrong.</returns>
    public async Task<(int Count, IReadOnlyList<string> Faults)> AskUntilAsync(CancellationToken end)
    {
        List<string> faults = [];
        int count = 0;
        for (; !end.IsCancellationRequested; count++)
        {
            using SocketsHttpHandler handler = new() { UseProxy = false };
#pragma warning disable CA5359 // the test's own node on loopback
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            using HttpClient http = new(handler);
            try
            {
                using HttpRequestMessage request = new(HttpMethod.Get, $"https://{Keeper.EndPoint}/version");
                request.Headers.Authorization = new("Bearer", Token);
                using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);
                if (!response.IsSuccessStatusCode) faults.Add(response.StatusCode.ToString());
            }
            catch (HttpRequestException e)
            {
                faults.Add(e.Message + " " + e.InnerException?.Message);
            }
        }

        return (count, faults);
    }

    public void Dispose()
    {
        Keeper.Dispose();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    string At(string name) => Path.Combine(_folder, name);
}
