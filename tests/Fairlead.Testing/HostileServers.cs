namespace Fairlead.Testing;

/// <summary>Servers that do to a request what servers should not.</summary>
public static class HostileServers
{
    /// <summary>What a server can do to a request, each by a name that a failed test shows.</summary>
    public static IReadOnlyDictionary<string, Func<CannedServer>> All { get; } = new Dictionary<string, Func<CannedServer>>
    {
        ["refuses"] = static () => new(static _ => CannedServer.Answer("403 Forbidden", """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":"Forbidden","code":403}"""), close: true),
        ["refuses without a word"] = static () => new(static _ => CannedServer.Answer("500 Internal Server Error"), close: true),
        ["refuses, and breaks off"] = static () => new(static _ => "HTTP/1.1 403 Forbidden\r\nContent-Length: 4000\r\n\r\n{\"kind\":", close: true),
        ["refuses, and is silent"] = static () => new(static _ => "HTTP/1.1 403 Forbidden\r\nContent-Length: 4000\r\n\r\n{\"kind\":"),
        ["redirects"] = static () => new(static _ => CannedServer.Answer("302 Found", headers: "Location: ::::\r\n"), close: true),
        ["wants other credentials"] = static () => new(static _ => CannedServer.Answer("401 Unauthorized", headers: "WWW-Authenticate: Negotiate ====\r\n"), close: true),
        ["closes"] = static () => new(static _ => "", close: true),
        ["resets"] = static () => new(static _ => "", reset: true),
        ["is silent"] = static () => new(static _ => ""),
        ["speaks no HTTP"] = static () => new(static _ => "SSH-2.0-hello\r\n\r\n", close: true),
        ["speaks garbage"] = static () => new(static _ => "HTTP/1.1 101 \0\u00ff\r\n: \r\n\r\n", close: true),
        ["upgrades to something else"] = static () => new(static _ => "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n", close: true),
        ["answers as if it were asked for a page"] = static () => new(static _ => CannedServer.Answer("200 OK", "<html>"), close: true),
        ["answers JSON of another form"] = static () => new(static _ => CannedServer.Answer("200 OK", """{"spec":[{}],"metadata":7,"items":{},"status":[]}"""), close: true),
        ["answers JSON that breaks off"] = static () => new(static _ => CannedServer.Answer("200 OK", """{"kind":"Pod","spec":{"containers":["""), close: true),
        ["answers null"] = static () => new(static _ => CannedServer.Answer("200 OK", "null"), close: true),
        ["answers an empty object"] = static () => new(static _ => CannedServer.Answer("200 OK", "{}"), close: true),
        ["answers nulls"] = static () => new(static _ => CannedServer.Answer("200 OK", """{"metadata":null,"items":[null,{"status":{"phase":"Running","conditions":[null]}}],"spec":{"containers":[null,{"name":null,"ports":[null]}],"ports":[null],"selector":{"a":null}},"status":{"phase":"Running","conditions":[null],"containerStatuses":[null]}}"""), close: true),
        ["upgrades, and closes"] = static () => new(Upgrade, close: true),
        ["upgrades, and resets"] = static () => new(Upgrade, reset: true),
        ["upgrades, and is silent"] = static () => new(Upgrade),
        ["upgrades, and sends no frames"] = static () => new(static request => Upgrade(request) + "\u00ff\u00ff\u00ff\u00ffgarbage", close: true),
        ["upgrades, and sends a channel that is none"] = static () => new(static request => Upgrade(request) + "\u0082\u0003\u0009ab", close: true),
        ["upgrades, and sends a status that is none"] = static () => new(static request => Upgrade(request) + "\u0082\u0003\u0003{x", close: true),
        ["upgrades, and sends text"] = static () => new(static request => Upgrade(request) + "\u0081\u0003abc"),
        ["upgrades, and closes with a word"] = static () => new(static request => Upgrade(request) + "\u0088\u0005\u0003\u00f3bye", close: true),
    };

    static string Upgrade(string request) => CannedServer.Upgrade(request, CannedServer.Header(request, "Sec-WebSocket-Protocol")?.Split(',')[0].Trim() ?? "");
}
