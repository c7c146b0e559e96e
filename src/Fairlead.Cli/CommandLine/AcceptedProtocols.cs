using System.Collections.Immutable;
using System.CommandLine.Parsing;
using Fairlead.Wire;

namespace Fairlead.Cli.CommandLine;

/// <summary>Which carriers and versions a lab accepts: the value of <c>--protocols</c>.</summary>
sealed record AcceptedProtocols(ImmutableArray<RemoteCommandProtocol> OverWebSocket, ImmutableArray<RemoteCommandProtocol> OverSpdy)
{
    public static AcceptedProtocols All { get; } = new(RemoteCommandProtocol.OverWebSocket, RemoteCommandProtocol.OverSpdy);

    /// <summary>Each protocol by its short name: <c>websocket/v5</c>, <c>websocket/none</c>, <c>websocket/base64.v4</c>, <c>spdy/v1</c>…</summary>
    static readonly (string Name, RemoteCommandProtocol Protocol, bool IsSpdy)[] s_known =
    [
        .. RemoteCommandProtocol.OverWebSocket.Select(protocol => ("websocket/" + Short(protocol), protocol, false)),
        .. RemoteCommandProtocol.OverSpdy.Select(protocol => ("spdy/" + Short(protocol), protocol, true)),
    ];

    public static AcceptedProtocols? Parse(ArgumentResult result)
    {
        HashSet<string> wanted = [];
        foreach (string name in (result.Tokens.Count > 0 ? result.Tokens[0].Value : "").Split(',', StringSplitOptions.TrimEntries))
        {
            string[] named = [.. s_known.Select(known => known.Name).Where(known => known == name || known.StartsWith(name + "/", StringComparison.Ordinal))];
            if (named.Length == 0)
            {
                result.AddError($"\"{name}\" is not a protocol: websocket, spdy, {string.Join(", ", s_known.Select(known => known.Name))} are known");
                return null;
            }

            wanted.UnionWith(named);
        }

        return new AcceptedProtocols(Those(isSpdy: false), Those(isSpdy: true));

        ImmutableArray<RemoteCommandProtocol> Those(bool isSpdy) =>
            [.. s_known.Where(known => known.IsSpdy == isSpdy && wanted.Contains(known.Name)).Select(known => known.Protocol)];
    }

    static string Short(RemoteCommandProtocol protocol)
    {
        string version = protocol.Name.StartsWith('v') ? protocol.Name[..2] : "v1";
        return protocol.Name.Length == 0 ? "none" : protocol.IsBase64 ? "base64." + version : version;
    }
}
