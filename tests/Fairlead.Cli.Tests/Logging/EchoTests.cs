using System.Net;
using System.Text;
using System.Text.Json;
using Fairlead.Testing;

namespace Fairlead.Cli.Tests.Logging;

/// <summary>
/// Servers that say back what they were told, in each place where a server has something to say and in each way to write it. Nothing of it is in
/// the log of the client or of a gateway; the user may read the command again, and never the token.
/// </summary>
[Trait("Case", "14.2")]
public sealed class EchoTests : IDisposable
{
    /// <summary>What the command is given: everything that some encoding writes in another way.</summary>
    const string Argument = "--password=planted-p@ss+\"w0rd\"<&'é%41!", Word = "w0rd";

    static readonly Dictionary<string, Func<string, string>> s_ways = new()
    {
        ["as it is"] = static text => text,
        ["percent"] = Uri.EscapeDataString,
        ["percent in lower case"] = static text => string.Concat(Encoding.UTF8.GetBytes(text).Select(static b => char.IsAsciiLetterOrDigit((char)b) ? ((char)b).ToString() : $"%{b:x2}")),
        ["percent and plus"] = static text => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal),
        ["JSON"] = static text => string.Concat(text.Select(static c => char.IsAsciiLetterOrDigit(c) ? c.ToString() : $@"\u{(int)c:x4}")),
        ["HTML"] = WebUtility.HtmlEncode,
        ["Go"] = static text => "\"" + text.Replace("\"", "\\\"", StringComparison.Ordinal) + "\"",
    };

    static readonly Dictionary<string, Func<EchoTests, string, string, byte[]>> s_places = new()
    {
        ["reason phrase"] = static (_, _, said) => FaultyServer.Answer("403 Forbidden " + said, ""),
        ["body"] = static (_, _, said) => FaultyServer.Answer("403 Forbidden", said),
        ["body, cut"] = static (_, _, said) => FaultyServer.Answer("403 Forbidden", new string('.', 1024 - (said.Length / 2)) + said),
        ["body, cut late"] = static (_, _, said) => FaultyServer.Answer("403 Forbidden", new string('\u0001', 500 - (said.Length / 8)) + said),
        ["status"] = static (_, _, said) => FaultyServer.Answer("403 Forbidden", Status(said)),
        ["bad request"] = static (_, _, said) => FaultyServer.Answer("400 Bad Request", Status(said)),
        ["header that is none"] = static (_, _, said) => Encoding.UTF8.GetBytes($"HTTP/1.1 403 Forbidden\r\n{said.Replace(':', ';')}\r\n\r\n"),
        ["subprotocol"] = static (_, head, said) => Upgrade(head, said, said),
        ["close"] = static (_, head, said) => Upgrade(head, "v5.channel.k8s.io", said, [.. Message(1, "x"), .. Close(said)]),
        ["final status"] = static (_, head, said) => Upgrade(head, "v5.channel.k8s.io", said, [.. Message(3, Status(said)), 0x88, 2, 3, 0xE8]),
    };

    readonly TestAuthority _authority = new();
    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-echo-").FullName;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Places => [.. s_places.Keys];

    [Theory, MemberData(nameof(Places))]
    public async Task Nothing_that_a_server_says_back_is_in_the_clients_log(string place)
    {
        foreach ((string way, Func<string, string> write) in s_ways)
        {
            await using FaultyServer server = Echoing(place, write);
            await WriteKubeconfigAsync(server.Port);
            foreach (string target in (string[])["demo -c web", "deploy/demo"])
            {
                if (target != "demo -c web" && place is "subprotocol" or "close" or "final status") continue; // its look-up is no upgrade
                Told told = await ExecAsync(target);
                RequireAbsent(told.Log, $"{place}, {way}, {target}");
                Assert.DoesNotContain(Secrets.Token, told.Stderr, StringComparison.Ordinal);
            }
        }
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Nothing_that_a_server_says_back_is_in_a_gateways_log(string place)
    {
        await using FaultyServer server = Echoing(place, static text => text, static text => string.Join(' ', s_ways.Where(_ => text.Length < 60).Select(way => way.Value(text)).Append(text)));
        await File.WriteAllTextAsync(Path.Combine(_folder, "ca"), _authority.Pem, Ct);
        await using RunningProcess gateway = RunningProcess.Start(
            CommandProcess.Path,
            ["gateway", "--upstream", $"https://127.0.0.1:{server.Port}", "--upstream-ca", Path.Combine(_folder, "ca"), "--upstream-checks-create", "--write-kubeconfig", Path.Combine(_folder, "config"), "--audit-command", "none", "--log-level", "trace"]);
        await gateway.Stdout!.LineAsync("ready ", Ct);
        Told told = await ExecAsync("--token " + Secrets.Token + " demo -c web");
        RequireAbsent(told.Log, place);
        Assert.DoesNotContain(Secrets.Token, told.Stderr, StringComparison.Ordinal);
        await gateway.TerminateAsync(Ct);
        RequireAbsent(gateway.Stderr.Text, place);
        Assert.Contains("\"audit\":\"session\"", gateway.Stderr.Text, StringComparison.Ordinal);
    }

    static byte[] Upgrade(string head, string subprotocol, string said, params byte[] frames) =>
        head.Contains("Sec-WebSocket-Key", StringComparison.Ordinal) ? FaultyServer.Upgrade(head, subprotocol, frames) : FaultyServer.Answer("403 Forbidden", said);

    FaultyServer Echoing(string place, Func<string, string> write, Func<string, string>? all = null) => new(_authority.IssueServer("127.0.0.1"), head =>
    {
        bool isTold = head.Contains("command=", StringComparison.Ordinal);
        string argument = isTold ? write(Argument) : "", value = isTold ? write(Argument[11..]) : "", token = write(Secrets.Token);
        string said = place is "close" ? $"{token} {argument}" : $"exec {argument} {value} by Bearer {token} failed: {head.Split(' ')[1]}";
        return s_places[place](this, head, all?.Invoke(said) ?? said);
    }, ends: true);

    static string Status(string said) =>
        JsonSerializer.Serialize(new Dictionary<string, object> { ["kind"] = "Status", ["status"] = "Failure", ["message"] = said, ["reason"] = said, ["code"] = 403 });

    static byte[] Close(string said)
    {
        byte[] text = Encoding.UTF8.GetBytes(said);
        int length = Math.Min(text.Length, 123);
        while (length < text.Length && (text[length] & 0xC0) == 0x80) length--;
        return [0x88, (byte)(2 + length), 0x03, 0xF3, .. text[..length]];
    }

    static byte[] Message(byte channel, string text)
    {
        byte[] payload = [channel, .. Encoding.UTF8.GetBytes(text)];
        return [0x82, 126, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];
    }

    static void RequireAbsent(string log, string where)
    {
        string[] lines = [.. log.Split('\n').Where(static line => line.Contains("planted-", StringComparison.OrdinalIgnoreCase) || line.Contains(Word, StringComparison.OrdinalIgnoreCase)
            || line.Contains("%41", StringComparison.Ordinal))];
        Assert.True(lines.Length == 0, $"{where}: secrets in the log:\n" + string.Join('\n', lines));
        Assert.Contains("debug", log, StringComparison.Ordinal);
    }

    Task WriteKubeconfigAsync(int port) => File.WriteAllTextAsync(Path.Combine(_folder, "config"), $$"""
        current-context: c
        contexts: [{name: c, context: {cluster: c, user: c} }]
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:{{port}}", certificate-authority-data: "{{_authority.PemAsBase64}}" } }]
        users: [{name: c, user: {token: {{Secrets.Token}}, as: {{Secrets.User}}, as-groups: [{{Secrets.Group}}] } }]
        """, Ct);

    async Task<Told> ExecAsync(string target)
    {
        string file = Path.Combine(_folder, "log");
        File.Delete(file);
        RunResult result = await RunningProcess.RunAsync("bash", ["-c", $"'{CommandProcess.Path}' exec {target} -- sh -c \"$ARGUMENT\" \"$ARGUMENT\" xy"], options: new RunOptions
        {
            Environment = new Dictionary<string, string?>
            {
                ["KUBECONFIG"] = Path.Combine(_folder, "config"),
                ["XDG_CACHE_HOME"] = _folder,
                ["FAIRLEAD_LOG"] = "trace",
                ["FAIRLEAD_LOG_FILE"] = file,
                ["ARGUMENT"] = Argument,
            },
        }, cancellationToken: Ct);
        Assert.True(result.ExitCode != 0, result.ToString());
        return new Told(await File.ReadAllTextAsync(file, Ct), result.Stderr);
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    sealed record Told(string Log, string Stderr);
}
