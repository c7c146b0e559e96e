using System.Collections.Immutable;
using System.CommandLine.Parsing;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Cli.CommandLine;

/// <summary>Which carriers and versions a lab accepts: the value of <c>--protocols</c>.</summary>
sealed record AcceptedProtocols(ImmutableArray<RemoteCommandProtocol> Commands, ImmutableArray<PortForwardProtocol> PortForward)
{
    public static AcceptedProtocols All { get; } = new(RemoteCommandProtocol.Accepted, PortForwardProtocol.All);

    /// <summary>
    /// Each by its short name: <c>websocket/session</c>, <c>websocket/v5</c>, <c>websocket/none</c>, <c>websocket/base64.v4</c>,
    /// <c>spdy/v1</c>… A name that commands and port-forward share on the wire means both.
    /// </summary>
    static readonly (string Name, RemoteCommandProtocol Protocol)[] s_commands =
        [.. RemoteCommandProtocol.Accepted.Select(protocol => ((protocol.IsSpdy ? "spdy/" : "websocket/") + Short(protocol), protocol))];

    static readonly (string Name, PortForwardProtocol Protocol)[] s_forwards =
    [
        ("websocket/portforward.fairlead.v2", PortForwardProtocol.Conversations),
        ("websocket/portforward.fairlead.v1", PortForwardProtocol.Direct),
        ("websocket/tunnel", PortForwardProtocol.Tunnel),
        ("spdy/portforward", PortForwardProtocol.Spdy),
        ("websocket/v4", PortForwardProtocol.ChannelsV4),
        ("websocket/base64.v4", PortForwardProtocol.ChannelsBase64V4),
        ("websocket/none", PortForwardProtocol.ChannelsUnnamed),
    ];

    static readonly string[] s_names = [.. s_commands.Select(known => known.Name).Union(s_forwards.Select(known => known.Name))];

    public static AcceptedProtocols? Parse(ArgumentResult result)
    {
        HashSet<string> wanted = [];
        foreach (string name in result.Last.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] named = [.. s_names.Where(known => known == name || known.StartsWith(name + "/", StringComparison.Ordinal))];
            if (named.Length == 0)
            {
                result.AddError($"\"{name}\" is not a protocol: websocket, spdy, {string.Join(", ", s_names)} are known");
                return null;
            }

            wanted.UnionWith(named);
        }

        return new AcceptedProtocols(
            [.. s_commands.Where(known => wanted.Contains(known.Name)).Select(known => known.Protocol)],
            [.. s_forwards.Where(known => wanted.Contains(known.Name)).Select(known => known.Protocol)]);
    }

    static string Short(RemoteCommandProtocol protocol)
    {
        if (protocol.IsResumable) return "session";
        string version = protocol.Name.StartsWith('v') ? protocol.Name[..2] : "v1";
        return protocol.Name.Length == 0 ? "none" : protocol.IsBase64 ? "base64." + version : version;
    }
}
