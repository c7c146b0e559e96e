using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.Server.Handshakes;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Tests;

/// <summary>
/// An API server with one pod <c>demo</c> whose commands are scripted: <c>echo</c> (input to output), <c>exit N</c>, <c>sizes N</c>
/// (prints that many terminal sizes), <c>until SIZE</c> (ends when the terminal has it; also what attach finds), <c>lose</c> (cuts the connection at the first input), <c>wait</c> (prints ready and stays), <c>flood</c> (endless output),
/// <c>keys N</c> (prints that many bytes of input), <c>forbidden</c> (is refused). The pod <c>solo</c> has one container and the same commands; <c>done</c>
/// has ended, and so has <c>late</c>, whose sessions are accepted before that is noticed. <c>hidden</c>, of two containers, nobody may look at. <c>busy</c>, when attached to, says ready and stays.
/// </summary>
sealed class FakeCluster : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-").FullName;
    readonly X509Certificate2 _certificate;

    FakeCluster(WebApplication app, X509Certificate2 certificate)
    {
        _app = app;
        _certificate = certificate;
    }

    /// <summary>What it was asked, in order: method, pod and subresource.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The connections over which it was asked.</summary>
    public ConcurrentDictionary<string, bool> Connections { get; } = new();

    public string Kubeconfig => Path.Combine(_folder, "config");

    /// <summary>Its address, by IP.</summary>
    public string Url => _app.Urls.First();

    /// <summary>Starts it with a certificate that nobody vouches for.</summary>
    public static async Task<FakeCluster> StartAsync()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        FakeCluster cluster = await StartAsync(request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1)));
        await cluster.WriteKubeconfigAsync("insecure-skip-tls-verify: true");
        return cluster;
    }

    /// <summary>Starts it with this certificate, which it then owns, and without a kubeconfig.</summary>
    public static async Task<FakeCluster> StartAsync(X509Certificate2 certificate)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        FakeCluster cluster = new(builder.Build(), certificate);
        cluster._app.Run(cluster.AnswerAsync);
        await cluster._app.StartAsync();
        return cluster;
    }

    /// <summary>Writes the kubeconfig.</summary>
    /// <param name="trust">What its cluster says of the server's certificate; nothing for null.</param>
    public Task WriteKubeconfigAsync(string? trust) => File.WriteAllTextAsync(Kubeconfig, $$"""
        current-context: c
        contexts: [{name: c, context: {cluster: c, user: c} }]
        clusters: [{name: c, cluster: {server: "{{Url}}"{{(trust is null ? "" : ", " + trust)}} } }]
        users: [{name: c, user: {token: t} }]
        """);

    async Task AnswerAsync(HttpContext context)
    {
        string asked = context.Request.Path.Value!.Replace("/api/v1/namespaces/default/pods/", "", StringComparison.Ordinal);
        string? container = context.Request.Query["container"];
        Requests.Enqueue($"{context.Request.Method} {asked}");
        Connections[context.Connection.Id] = true;
        switch (asked)
        {
            case "demo":
                await context.Response.WriteAsync("""
                    {"metadata":{"name":"demo"},"spec":{"containers":[{"name":"shell","tty":true,"stdin":true},{"name":"web"}]},"status":{"phase":"Running"}}
                    """);
                return;
            case "solo" or "done" or "late":
                string phase = asked == "solo" ? "Running" : "Succeeded";
                await context.Response.WriteAsync($$$"""{"metadata":{"name":"{{{asked}}}"},"spec":{"containers":[{"name":"only"}]},"status":{"phase":"{{{phase}}}"}}""");
                return;
            case "busy":
                await context.Response.WriteAsync("""
                    {"metadata":{"name":"busy"},"spec":{"containers":[{"name":"only","tty":true,"stdin":true}]},"status":{"phase":"Running"}}
                    """);
                return;
            case "demo/exec" when context.Request.Query["command"] == "forbidden":
                await RefuseAsync(context, 403, "Forbidden", "pods \"demo\" is forbidden: you may not");
                return;
            case "demo/exec" or "demo/attach" or "hidden/exec" when container is null:
                string pod = asked.Split('/')[0];
                await RefuseAsync(context, 400, "BadRequest", $"a container name must be specified for pod {pod}, choose one of: [shell web]");
                return;
            case "hidden":
                await RefuseAsync(context, 403, "Forbidden", "pods \"hidden\" is forbidden: you may not look");
                return;
            case "demo/exec" or "demo/attach" when container is not ("shell" or "web"):
                await RefuseAsync(context, 400, "BadRequest", $"container {container} is not valid for pod demo");
                return;
            case "done/exec" or "done/attach":
                await RefuseAsync(context, 500, "InternalError", "Internal error occurred: container not found (\"only\")");
                return;
            case "demo/exec" or "demo/attach" or "solo/exec" or "solo/attach" or "late/exec" or "busy/attach":
                await ServeAsync(context);
                return;
            default:
                await RefuseAsync(context, 404, "NotFound", "pods \"none\" not found");
                return;
        }
    }

    static async Task RefuseAsync(HttpContext context, int code, string reason, string message)
    {
        context.Response.StatusCode = code;
        await context.Response.Body.WriteAsync(Status.Refusal(code, reason, message).ToJson());
    }

    static async Task ServeAsync(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        RemoteCommandRequest request = new()
        {
            Command = [.. query["command"].Select(word => word ?? "")],
            Stdin = query.ContainsKey("stdin"),
            Stdout = true,
            Stderr = query.ContainsKey("stderr"),
            Tty = query.ContainsKey("tty"),
        };
        await using AnsweringSession? session = await WebSocketUpgrade.AcceptAsync(context, request, RemoteCommandProtocol.OverWebSocket);
        if (session is null) return;
        if (context.Request.Path.Value!.Contains("/late/", StringComparison.Ordinal))
        {
            await session.EndAsync(Status.Refusal(500, "InternalError", "Internal error occurred: error executing command in container: container not found (\"only\")"));
            return;
        }

        if (request.Command is [var shell, ..] && shell.EndsWith("sh", StringComparison.Ordinal))
        {
            string said = $"exec: \"{shell}\": executable file not found in $PATH";
            await session.EndAsync(shell == "zsh" ? Status.InternalError($"OCI runtime exec failed: {said}: unknown") : Status.FromExitCode(127, said));
            return;
        }

        string[] command = request.Command.Count > 0 ? [.. request.Command] : context.Request.Path.Value!.Contains("/busy/", StringComparison.Ordinal) ? ["wait"] : ["until", "101x33"]; // attach
        int code = 0;
        switch (command[0])
        {
            case "echo":
                await session.StandardInput.CopyToAsync(session.StandardOutput, session.Lost);
                break;
            case "exit":
                await PrintAsync(session.StandardError, "failing\n");
                code = int.Parse(command[1], System.Globalization.CultureInfo.InvariantCulture);
                break;
            case "sizes":
                for (int i = int.Parse(command[1], System.Globalization.CultureInfo.InvariantCulture); i > 0; i--)
                {
                    TerminalSize? size = await session.TerminalSizes.NextAsync(session.Lost);
                    await PrintAsync(session.StandardOutput, $"{size?.Width}x{size?.Height}\r\n");
                }

                break;
            case "until":
                for (string seen = ""; seen != command[1];)
                {
                    TerminalSize? size = await session.TerminalSizes.NextAsync(session.Lost);
                    seen = $"{size?.Width}x{size?.Height}";
                }

                await PrintAsync(session.StandardOutput, command[1] + "\r\n");
                break;
            case "keys":
                await PrintAsync(session.StandardOutput, "ready\r\n");
                ReadResult keys = await session.StandardInput.ReadAtLeastAsync(int.Parse(command[1], System.Globalization.CultureInfo.InvariantCulture), session.Lost);
                await PrintAsync(session.StandardOutput, BitConverter.ToString(keys.Buffer.ToArray()).Replace('-', ' '));
                session.StandardInput.AdvanceTo(keys.Buffer.End);
                break;
            case "lose":
                await PrintAsync(session.StandardOutput, "partial");
                await session.StandardInput.ReadAsync(session.Lost);
                context.Abort();
                return;
            case "wait":
                await PrintAsync(session.StandardOutput, "ready\r\n");
                await Task.Delay(Timeout.Infinite, session.Lost).ContinueWith(static _ => { }, TaskScheduler.Default);
                return;
            case "both":
                await session.StandardOutput.WriteAsync(new byte[int.Parse(command[1], System.Globalization.CultureInfo.InvariantCulture)]);
                await PrintAsync(session.StandardError, "done\n");
                break;
            case "flood":
                while (!session.Lost.IsCancellationRequested && !(await session.StandardOutput.WriteAsync(new byte[8192])).IsCompleted)
                {
                }

                return;
        }

        await session.EndAsync(Status.FromExitCode(code));
    }

    static async Task PrintAsync(PipeWriter output, string text) => await output.WriteAsync(Encoding.UTF8.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
