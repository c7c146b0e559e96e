using System.Text;
using Fairlead.FunctionalTests.Copies;
using Fairlead.Testing;

namespace Fairlead.Cli.Tests;

/// <summary>Whatever a server or a container says reaches the terminal as letters, on one line: wherever it says it.</summary>
[Trait("Case", "B6")]
public sealed class HostileTextTests
{
    const string Exec = "fairlead exec web -- ls", Forward = "fairlead port-forward web :80", From = "fairlead cp web:/tree /nowhere/out";

    /// <summary>What a server says that leaves the choice of the container to the client.</summary>
    const string WhichContainer = """{"status":"Failure","message":"a container name must be specified for pod web","reason":"BadRequest","code":400}""";

    static readonly string s_said = HostileText.Json(HostileText.All);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Exec)]
    [InlineData(Forward)]
    [InlineData(From)]
    public async Task The_refusal_of_an_API_call(string line)
    {
        string status = $$"""{"kind":"Status","status":"Failure","message":{{s_said}},"reason":{{s_said}},"code":404}""";
        await RefusedAsync(line, _ => CannedServer.Answer("404 Not Found", HostileText.Utf8(status)));
        await RefusedAsync(line, _ => CannedServer.Answer("404 " + HostileText.Utf8(HostileText.OneLine), HostileText.Utf8(HostileText.All)));
    }

    [Theory]
    [InlineData(Exec)]
    [InlineData(Exec + " --transport spdy")]
    [InlineData(Exec + " --transport websocket")]
    [InlineData("fairlead attach web")]
    [InlineData(From)]
    [InlineData(Forward)]
    public async Task The_refusal_of_an_upgrade_and_its_reason_phrase(string line)
    {
        string status = HostileText.Utf8($$"""{"kind":"Status","status":"Failure","message":{{s_said}},"reason":"Forbidden","code":403}""");
        await RefusedAsync(line, request => PodOr(request, CannedServer.Answer("403 Forbidden", status)));
        await RefusedAsync(line, request => PodOr(request, CannedServer.Answer("500 Oops", HostileText.Utf8(HostileText.All))));
        await RefusedAsync(line, request => PodOr(request, CannedServer.Answer("502 " + HostileText.Utf8(HostileText.OneLine), "no")), @"\x1b]0;T\x07\x1b[2J");
    }

    [Theory]
    [InlineData("message")]
    [InlineData("reason")]
    public async Task A_final_status(string member)
    {
        string status = HostileText.Utf8($$"""{"status":"Failure","{{member}}":{{s_said}}}""");
        await RefusedAsync(Exec, request => PodOr(request, CannedServer.Upgrade(request, "v5.channel.k8s.io") + Frame(2, "\u0003" + status)));
    }

    [Fact]
    public async Task The_exit_code_of_a_final_status()
    {
        string status = HostileText.Utf8(
            $$$"""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":{{{s_said}}}}]}}""");
        await RefusedAsync(Exec, request => PodOr(request, CannedServer.Upgrade(request, "v5.channel.k8s.io") + Frame(2, "\u0003" + status)));
    }

    [Fact]
    public async Task The_reason_of_a_Close() => await RefusedAsync(
        Exec, request => PodOr(request, CannedServer.Upgrade(request, "v5.channel.k8s.io") + Frame(2, "\u0001") + Frame(8, "\u0003\u00f3" + HostileText.Utf8(HostileText.All))));

    [Theory]
    [InlineData(Exec)]
    [InlineData(Forward + " --transport websocket")]
    public async Task A_subprotocol_and_the_headers_of_a_101(string line)
    {
        const string Bytes = @"\x1b]0;T\x07\x1b[2J";
        string evil = HostileText.Utf8(HostileText.OneLine);
        await RefusedAsync(line, request => PodOr(request, CannedServer.Upgrade(request, evil)), Bytes);
        await RefusedAsync(line, request => PodOr(request, CannedServer.Upgrade(request, evil).Replace(": websocket", ": " + evil, StringComparison.Ordinal)), Bytes);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("container")]
    [InlineData("phase")]
    [InlineData("annotation")]
    public async Task What_a_pods_object_says(string what)
    {
        string Of(string one, string other) => what == one ? s_said : HostileText.Json(other);
        string pod = HostileText.Utf8($$$"""
            {"metadata":{"name":{{{Of("name", "web")}}},"annotations":{"kubectl.kubernetes.io/default-container":{{{Of("annotation", "main")}}}}},
            "spec":{"containers":[{"name":"main"},{"name":{{{Of("container", "side")}}}}]},"status":{"phase":{{{Of("phase", "Running")}}}}}
            """);
        string line = what switch
        {
            "phase" => Forward,
            "name" => "fairlead exec web -c none -- ls",
            "annotation" => Exec,
            _ => "fairlead exec web -c '' -- ls",
        };
        if (what == "container") pod = pod.Replace("\"kubectl.kubernetes.io/default-container\"", "\"x\"", StringComparison.Ordinal);
        CommandProcess.Result result = await RunAsync(line, request =>
            CannedServer.Answer(request.Contains("/exec", StringComparison.Ordinal) ? "400 Bad Request" : "200 OK",
                request.Contains("/exec", StringComparison.Ordinal) ? WhichContainer : pod));
        Assert.Equal(1, result.ExitCode);
        HostileText.RequireShown(result.Error.Split('\n')[0]);
        HostileText.RequireFit(result.Error);
    }

    [Theory]
    [InlineData("REFUSED")]
    [InlineData("RESET")]
    public async Task The_refusal_and_the_reset_of_a_forwarded_connection(string what)
    {
        string refused = (what == "REFUSED" ? "\u0003" : "\u0005") + "\0\u0001" + HostileText.Utf8(HostileText.All), connected = Frame(2, "\u0002");
        await using CannedServer server = new(
            request => PodOr(request, CannedServer.Upgrade(request, "portforward.fairlead.v1")), reply: (what == "REFUSED" ? "" : connected) + Frame(2, refused));
        CommandProcess.Result result = await RunAsync(server, $$"""
            coproc exec '{{CommandProcess.Path}}' port-forward -v web :80
            read -r line <&${COPROC[0]}; port=${line##*127.0.0.1:}; port=${port%% *}
            cat </dev/tcp/127.0.0.1/$port 2>/dev/null
            kill $COPROC_PID; wait $COPROC_PID
            """, "");
        HostileText.RequireFit(result.Error);
        Assert.Contains(result.Error.Split('\n'), line => line.Contains(HostileText.Shown, StringComparison.Ordinal));
        Assert.All(result.Error.Split('\n'), line => Assert.Matches("^(fairlead: |$)", line));
    }

    [Theory]
    [InlineData("cluster", "clusters: []", "contexts: [{name: c, context: {cluster: EVIL, user: u} }]")]
    [InlineData("context", "clusters: []", "current-context: EVIL")]
    [InlineData("plugin", "", "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: EVIL} } }]")]
    [InlineData("version", "", "users: [{name: u, user: {exec: {apiVersion: EVIL, interactiveMode: Never, command: 'true'} } }]")]
    [InlineData("mode", "", "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: EVIL, command: x} } }]")]
    [InlineData("proxy", "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', insecure-skip-tls-verify: true, proxy-url: EVIL} }]", "")]
    [InlineData("file", "", "users: [{name: u, user: {tokenFile: EVIL} }]")]
    public async Task What_a_kubeconfig_says(string what, params string[] lines)
    {
        string[] whole =
        [
            "current-context: c", "contexts: [{name: c, context: {cluster: c, user: u} }]",
            "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', insecure-skip-tls-verify: true} }]", "users: [{name: u, user: {token: t} }]",
        ];
        string text = string.Join('\n', whole.Select(line => lines.FirstOrDefault(other => other.Length > 0 && other.Split(':')[0] == line.Split(':')[0]) ?? line));
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, text.Replace("EVIL", s_said, StringComparison.Ordinal), Ct);
        CommandProcess.Result result = await CommandProcess.RunAsync(file, Exec, Ct);
        File.Delete(file);
        Assert.Equal(1, result.ExitCode);
        if (what is "proxy" or "mode") HostileText.RequireFit(result.Error); // not named
        else HostileText.RequireShown(result.Error);
    }

    [Fact]
    public async Task The_hint_of_a_plugin_keeps_its_lines_and_nothing_else()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $$"""
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u} }]
            clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1', insecure-skip-tls-verify: true} }]
            users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: none-such,
              installHint: {{HostileText.Json("Install it:\n  get " + HostileText.OneLine + "\r")}} } } }]
            """, Ct);
        CommandProcess.Result result = await CommandProcess.RunAsync(file, Exec, Ct);
        File.Delete(file);
        Assert.Equal($"error: the credential plugin \"none-such\" is not installed\n\nInstall it:\n  get {HostileText.Shown}\n", result.Error);
    }

    [Theory]
    [InlineData("find=printf '{EVIL}' >&2; exit 1")] // stderr of find
    [InlineData("find=printf '81a4 3 x {EVIL}//\\n'")] // a record that is none
    [InlineData("find=printf '41ed 0 0 0 0 .//\\n81a4 3 0 0 0 ./../{EVIL}//\\n'")] // a name that leads out
    [InlineData("find=printf '41ed 0 0 0 0 .//\\n81a4 3 0 0 0 ./{EVIL}//\\n81a4 3 0 0 0 ./{EVIL}//\\n'")] // one that is there twice
    [InlineData("find=printf '41ed 0 0 0 0 .//\\n81a4 3 0 0 0 ./{EVIL}//\\n'")] // a file that cannot be read
    [InlineData("find=printf '41ed 0 0 0 0 .//\\n1000 3 0 0 0 ./{EVIL}//\\n'")] // a pipe, which is not copied
    [InlineData("readlink=printf '../{EVIL}'", "find=printf '41ed 0 0 0 0 .//\\na1ff 3 0 0 0 ./link//\\n'")] // a link that leads out
    [InlineData("tar=cd ..; exec /usr/bin/tar cPf - *evil")] // a member that was not asked for
    public async Task What_a_containers_tools_say_when_files_come_from_it(params string[] lies)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        Directory.CreateDirectory(lab.There + "/tree");
        await File.WriteAllTextAsync(lab.There + "/tree/a", "one", Ct);
        await File.WriteAllTextAsync($"{lab.There}/{HostileText.All}evil", "bad", Ct);
        await CopyAsync(lab, lies, $"fairlead cp demo:{lab.There}/tree {lab.Here}/out -c few");
    }

    [Theory]
    [InlineData("dd=[ $1 = bs=2 ]&&exec /usr/bin/dd \"$@\"; printf '{EVIL}' >&2; exit 1")]
    [InlineData("tar=printf '{EVIL}' >&2; exit 1")]
    [InlineData("mkdir=printf '{EVIL}' >&2; exit 1")]
    [InlineData("mv=printf '{EVIL}' >&2; exit 1")]
    public async Task What_a_containers_tools_say_when_files_go_to_it(params string[] lies)
    {
        await using CopyLab lab = await CopyLab.StartAsync(Ct);
        Directory.CreateDirectory(lab.Here + "/tree");
        await File.WriteAllTextAsync(lab.Here + "/tree/a", "one", Ct);
        await CopyLab.WriteAsync(lab.Here + "/tree/large", 200_000); // too large for tar
        await CopyAsync(lab, lies, $"fairlead cp {lab.Here}/tree demo:{lab.There}/out -c few");
    }

    static async Task CopyAsync(CopyLab lab, string[] lies, string line)
    {
        string[] tools = ["sh", "dd", "tar", "mkdir", "mv", "rm", "chmod", "touch", "ln", "readlink", "sha256sum", "head", "cat", "stat", "find"];
        string evil = string.Concat(Encoding.UTF8.GetBytes(HostileText.All).Select(b => $"\\{Convert.ToString(b, 8).PadLeft(3, '0')}"));
        lab.WithTools([.. tools.Where(tool => !lies.Any(lie => lie.StartsWith(tool + "=", StringComparison.Ordinal))),
            .. lies.Select(lie => lie.Replace("{EVIL}", evil, StringComparison.Ordinal))]);
        CommandProcess.Result result = await CommandProcess.RunAsync(lab.Kubeconfig, line, Ct);
        Assert.True(result.ExitCode == 1, result.Error);
        string[] shown = [.. result.Error.Split('\n').Where(part => part.Contains(@"\x1b", StringComparison.Ordinal))];
        HostileText.RequireFit(result.Error);
        Assert.True(shown.Length > 0, result.Error);
        Assert.All(shown, HostileText.RequireShown);
        Assert.All(result.Error.Split('\n'), part => Assert.Matches("^(error: |fairlead: |$)", part));
    }

    static async Task RefusedAsync(string line, Func<string, string> answer, string shown = HostileText.Shown)
    {
        CommandProcess.Result result = await RunAsync(line, answer);
        Assert.InRange(result.ExitCode, 1, 255);
        HostileText.RequireFit(result.Error);
        Assert.Contains(shown, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
    }

    static async Task<CommandProcess.Result> RunAsync(string line, Func<string, string> answer)
    {
        await using CannedServer server = new(answer, close: true);
        return await RunAsync(server, line, "");
    }

    static async Task<CommandProcess.Result> RunAsync(CannedServer server, string line, string redirection)
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $$"""
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u} }]
            clusters: [{name: c, cluster: {server: "{{server.Url}}"} }]
            users: [{name: u, user: {token: t} }]
            """, Ct);
        string cache = Directory.CreateTempSubdirectory("fairlead-cache-").FullName; // what worked with another server at this port is not meant
        CommandProcess.Result result = await CommandProcess.RunAsync(file, $"export XDG_CACHE_HOME={cache}; {{ {line}\n}} {redirection}", Ct);
        File.Delete(file);
        Directory.Delete(cache, recursive: true);
        return result;
    }

    static string PodOr(string request, string answer) => request.Contains("/pods/web HTTP", StringComparison.Ordinal)
        ? CannedServer.Answer("200 OK", """{"metadata":{"name":"web"},"spec":{"containers":[{"name":"main"}]},"status":{"phase":"Running"}}""")
        : answer;

    /// <summary>A frame of a server's.</summary>
    static string Frame(int opcode, string payload) => (char)(0x80 | opcode)
        + (payload.Length < 126 ? $"{(char)payload.Length}" : $"~{(char)(payload.Length >> 8)}{(char)(payload.Length & 0xFF)}") + payload;
}
