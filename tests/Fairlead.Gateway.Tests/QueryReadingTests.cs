using System.Text;
using CsCheck;
using Fairlead.Fuzz.Targets;
using Fairlead.Gateway.Callers;
using Fairlead.Server.Requests;
using Fairlead.Streaming.RemoteCommand;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Gateway.Tests;

/// <summary>What is told of a command is what runs: gateway, lab and Go read every query alike, or it is refused.</summary>
[Trait("Case", "C3")]
public sealed class QueryReadingTests
{
    /// <summary>What queries are made of: random pieces of it get further than random characters.</summary>
    static readonly string[] s_pieces =
    [
        "command", "Command", "COMMAND", "comm%61nd", "container", "stdin", "STDIN", "stdout", "stderr", "tty", "input", "output", "error",
        "=", "=", "=", "=", "&", "&", "&", "&", "=1", "=true", "=FALSE", "=0", "?", "+", "%20", "%26", "%3d", "%3B", "%25", "%c3%b6", "%C3%B6", "a", "ls", "/",
        ";", "%", "%z", "%4", "%00", "%ff", "%c3", "%ed%a0%80", "#",
    ];

    static readonly Gen<string> s_query = Gen.Int[0, s_pieces.Length - 1].Array[0, 24].Select(static picks => string.Concat(picks.Select(static pick => s_pieces[pick])));

    [Fact]
    public void Every_query_is_read_as_Go_reads_it_or_is_refused() => s_query.Sample(query =>
    {
        GoQuery go = GoQuery.Parse(query);
        foreach (string path in (string[])["/api/v1/namespaces/n/pods/p/exec", "/exec/n/p/c"])
        {
            bool isKubelet = path.StartsWith("/exec", StringComparison.Ordinal);
            StreamTarget? target = StreamTarget.Find(Request(path, query), out _);
            bool read = QueryParameters.TryParse("?" + query, out QueryParameters? parameters, out _);
            Assert.Equal(read, target is not null);
            if (target is null)
            {
                Assert.True(go.HasDropped || IsRefused(query), query);
                continue;
            }

            Assert.False(go.HasDropped, query);
            RemoteCommandRequest gateway = target.ReadRequest(), lab = RemoteCommandQuery.Read(parameters!, isExec: true, isKubelet);
            Assert.Equal(go["command"], gateway.Command.Select(static text => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text))));
            Assert.Equal(gateway.Command, lab.Command);
            Assert.Equal((gateway.Stdin, gateway.Stdout, gateway.Stderr, gateway.Tty), (lab.Stdin, lab.Stdout, lab.Stderr, lab.Tty));
            bool tty = Flag("tty");
            Assert.Equal(
                (Flag(isKubelet ? "input" : "stdin"), Flag(isKubelet ? "output" : "stdout"), Flag(isKubelet ? "error" : "stderr") && !tty, tty),
                (gateway.Stdin, gateway.Stdout, gateway.Stderr, gateway.Tty));
            if (!isKubelet) Assert.Equal(go["container"] is [{ Length: > 0 } first, ..] ? first : null, target.Container is { } named ? Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(named)) : null);

            bool Flag(string name) => isKubelet ? go[name] is ["1", ..] : go.Flag(name);
        }
    }, iter: 20_000);

    /// <summary>What Go reads and others do not read alike.</summary>
    static bool IsRefused(string query)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(string.Concat(GoBytes(query)));
        return query.Contains('#', StringComparison.Ordinal) || bytes.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(bytes);
    }

    /// <summary>All bytes of the query once its escapes are taken away.</summary>
    static IEnumerable<char> GoBytes(string query)
    {
        for (int at = 0; at < query.Length; at++)
        {
            if (query[at] != '%') yield return query[at];
            else
            {
                yield return (char)Convert.FromHexString(query.AsSpan(at + 1, 2))[0];
                at += 2;
            }
        }
    }

    static DefaultHttpContext Request(string path, string query)
    {
        DefaultHttpContext context = new();
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = path + "?" + query;
        context.Request.QueryString = new QueryString("?" + query);
        return context;
    }
}
