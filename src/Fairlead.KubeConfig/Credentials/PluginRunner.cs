using System.ComponentModel;
using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Fairlead.KubeConfig.Files;
using Fairlead.KubeConfig.Trust;
using Fairlead.Streaming.Tls;
using Microsoft.Extensions.Logging;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>
/// Runs a credential plugin once: its standard error is the user's, its standard output is the credential, its standard input is
/// the terminal where it may ask questions, and empty otherwise.
/// </summary>
sealed class PluginRunner(PluginSettings settings, ClusterSettings cluster, KubeConfigOptions options)
{
    const int LongestOutput = 1024 * 1024;

    static readonly TimeSpan _unattended = TimeSpan.FromMinutes(10);

    /// <exception cref="KubeConfigException">The plugin is missing, failed, took too long, or printed something else.</exception>
    public async Task<PluginCredential> RunAsync(CancellationToken cancellationToken)
    {
        if (settings.ApiVersion is not (PluginSettings.V1 or PluginSettings.V1Beta1))
            throw Failed($"has the apiVersion \"{settings.ApiVersion}\": {PluginSettings.V1} and {PluginSettings.V1Beta1} are known");
        if (settings.Command.Length == 0) throw Failed("has no command");
        if (settings.Environment.Any(static variable => variable.Key.Length == 0))
            throw Failed("has an environment variable without a name");
        if (settings.Interactivity == PluginInteractivity.Always && !options.Interactive)
            throw Failed("asks questions (interactiveMode Always), but standard input is not a terminal");

        bool interactive = options.Interactive && settings.Interactivity != PluginInteractivity.Never;
        TimeSpan limit = options.PluginTimeout ?? (interactive ? Timeout.InfiniteTimeSpan : _unattended);
        using CancellationTokenSource late = new(limit, options.Time);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        ILogger logger = options.Logging.CreateLogger(Log.Category);
        long started = Stopwatch.GetTimestamp();
        Log.PluginBegins(logger, settings.Command, interactive);
        try
        {
            PluginCredential given = await RunAsync(interactive, limit, late, ending.Token, cancellationToken);
            if (given.Expires is { } end && end <= given.Given) Log.PluginExpired(logger, settings.Command, end);
            return given;
        }
        catch (KubeConfigException e)
        {
            Log.PluginFailed(logger, e, settings.Command, Since(started));
            throw;
        }
        catch (OperationCanceledException)
        {
            Log.PluginAbandoned(logger, settings.Command, Since(started));
            throw;
        }
    }

    static long Since(long started) => (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;

    async Task<PluginCredential> RunAsync(
        bool interactive, TimeSpan limit, CancellationTokenSource late, CancellationToken ending, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        using Process process = Start(interactive);
        try
        {
            if (!interactive) process.StandardInput.Close();
            byte[] output = await ReadOutputAsync(process.StandardOutput.BaseStream, ending);
            await process.WaitForExitAsync(ending);
            Log.PluginEnded(options.Logging.CreateLogger(Log.Category), settings.Command, process.ExitCode, Since(started));
            return process.ExitCode == 0 ? Parse(output) : throw Failed($"ended with exit code {process.ExitCode}");
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed($"gave nothing within {limit.TotalSeconds:0.#} s and was ended");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    Process Start(bool interactive)
    {
        string path = PluginSearch.Find(settings.Command, options.Environment, OperatingSystem.IsWindows())
            ?? throw (settings.InstallHint is { } hint
                ? new KubeConfigException(About("is not installed"), advice: hint)
                : Failed("is not installed"));
        if (PluginScript.FindUnsafe(path, settings.Arguments, OperatingSystem.IsWindows()) is not null) // which may be a secret
        {
            throw Failed("is a script of cmd.exe, which would interpret one of its arguments: "
                + "none of & | < > ^ % ! \" and no line's end may be in one");
        }

        ProcessStartInfo start = new(path, settings.Arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = !interactive,
            RedirectStandardOutput = true,
        };
        foreach ((string name, string value) in settings.Environment) start.Environment[name] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = DescribeSession(interactive);
        try
        {
            return Process.Start(start) ?? throw Failed("could not be started");
        }
        catch (Win32Exception e)
        {
            throw new KubeConfigException($"the credential plugin \"{settings.Command}\" could not be started: {e.Message}", e);
        }
    }

    /// <summary>The <c>ExecCredential</c> that tells the plugin what it is asked for.</summary>
    string DescribeSession(bool interactive)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", "ExecCredential");
            writer.WriteString("apiVersion", settings.ApiVersion);
            writer.WriteStartObject("spec");
            if (settings.ProvideClusterInfo) WriteCluster(writer);
            writer.WriteBoolean("interactive", interactive);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(json.GetBuffer(), 0, (int)json.Length);
    }

    void WriteCluster(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("cluster");
        writer.WriteString("server", cluster.Server);
        if (cluster.TlsServerName is { } name) writer.WriteString("tls-server-name", name);
        if (cluster.SkipTlsVerify) writer.WriteBoolean("insecure-skip-tls-verify", true);
        if (PemFile.Read(cluster.CertificateAuthorityData, cluster.CertificateAuthorityFile, "certificate-authority",
            new FileReads()) is { } authority)
            writer.WriteBase64String("certificate-authority-data", authority);
        if (cluster.ProxyUrl is { } proxy) writer.WriteString("proxy-url", proxy);
        if (cluster.DisableCompression) writer.WriteBoolean("disable-compression", true);
        writer.WritePropertyName("config"); // null where there is none, as kubectl has it
        if (cluster.PluginConfiguration is { } configuration) configuration.WriteTo(writer);
        else writer.WriteNullValue();
        writer.WriteEndObject();
    }

    async Task<byte[]> ReadOutputAsync(Stream output, CancellationToken cancellationToken)
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[16 * 1024];
        while (await output.ReadAsync(buffer, cancellationToken) is > 0 and int count)
        {
            if (all.Length + count > LongestOutput) throw Failed("printed more than 1 MiB");
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    PluginCredential Parse(byte[] output)
    {
        ExecCredential? credential;
        try
        {
            credential = JsonSerializer.Deserialize(output, PluginJson.Default.ExecCredential);
        }
        catch (JsonException)
        {
            throw Failed("printed something that is not an ExecCredential"); // the parser's words could quote the secret
        }

        if (credential?.Kind != "ExecCredential") throw Failed("printed something that is not an ExecCredential");
        if (credential.ApiVersion != settings.ApiVersion)
            throw Failed($"answered with another apiVersion than {settings.ApiVersion}");
        if (credential.Status is not { } status
            || (string.IsNullOrEmpty(status.Token) && string.IsNullOrEmpty(status.ClientCertificateData)))
            throw Failed("gave neither a token nor a client certificate");
        if (string.IsNullOrEmpty(status.ClientCertificateData) != string.IsNullOrEmpty(status.ClientKeyData))
            throw Failed("gave only one of client certificate and client key");

        return new PluginCredential
        {
            Token = string.IsNullOrEmpty(status.Token) ? null : status.Token,
            Certificate = string.IsNullOrEmpty(status.ClientCertificateData) ? null : ReadCertificate(status),
            Expires = status.ExpirationTimestamp,
            Given = options.Time.GetUtcNow(),
        };
    }

    static X509Certificate2 ReadCertificate(ExecCredentialStatus status)
    {
        SslStreamCertificateContext context = ClientCertificate.Load(
            Encoding.UTF8.GetBytes(status.ClientCertificateData!), Encoding.UTF8.GetBytes(status.ClientKeyData!),
            "the plugin's client certificate");
        return context.TargetCertificate;
    }

    KubeConfigException Failed(string what) => new(About(what));

    /// <summary>A sentence about the plugin.</summary>
    public string About(string what) => $"the credential plugin \"{settings.Command}\" {what}";
}
