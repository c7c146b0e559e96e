using System.Text.RegularExpressions;
using Fairlead.Containerd;

namespace Fairlead.Node.Installation.CriProxies;

/// <summary>The unit that systemd runs a CRI proxy by, and the socket that it serves.</summary>
public static partial class CriProxyUnit
{
    /// <summary>The unit's name.</summary>
    public const string Service = "fairlead-cri-proxy.service";

    /// <summary>Where the kubelet finds the proxy. There is no other place: what is found there is never taken for a runtime.</summary>
    public const string Socket = "unix:///run/fairlead/cri.sock";

    static readonly string s_path = UnixSocketAddress.Parse(Socket).Path;

    /// <summary>An address is the proxy's own.</summary>
    /// <param name="address">The address.</param>
    public static bool IsAt(UnixSocketAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return IsNamedBy(address.Path);
    }

    /// <summary>A kubelet's endpoint is the proxy's own.</summary>
    /// <param name="endpoint">What its configuration says; it need not be a Unix socket.</param>
    public static bool IsNamedBy(string endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        string path = endpoint.StartsWith("unix://", StringComparison.Ordinal) ? endpoint["unix://".Length..] : endpoint;
        if (!path.StartsWith('/')) return false;
        path = Path.GetFullPath(path);
        return (path.StartsWith("/var/run/", StringComparison.Ordinal) ? path["/var".Length..] : path) == s_path; // a link to it
    }

    /// <remarks>
    /// It is ready when it answers (<c>Type=notify</c>): until then systemd lets neither an installation nor a kubelet that starts go on.
    /// It is begun again without end, since a runtime may come up late and a kubelet can do nothing without it.
    /// </remarks>
    internal static string Text(string program, string runtime) => $"""
        # Written by "fairlead cri-proxy install"; "fairlead cri-proxy uninstall" removes it.
        [Unit]
        Description=Fairlead: CRI without SPDY, between the kubelet and its runtime
        After=containerd.service
        Before=kubelet.service
        StartLimitIntervalSec=0

        [Service]
        Type=notify
        ExecStart={UnitWords.Join([program, "cri-proxy", "--listen", Socket, "--cri", runtime])}
        KillMode=control-group
        TimeoutStopSec=20
        Restart=always
        RestartSec=1
        LimitNOFILE=1048576
        LimitCORE=0
        OOMScoreAdjust=-999
        UMask=0077
        NoNewPrivileges=yes
        LockPersonality=yes
        RestrictRealtime=yes

        [Install]
        WantedBy=multi-user.target

        """;

    /// <summary>The runtime that a unit was written for, by an installation or by hand; null where it does not say.</summary>
    internal static string? RuntimeOf(string unit) =>
        Runtime().Match(unit) is { Success: true } found ? found.Groups[1].Value.Replace("%%", "%", StringComparison.Ordinal) : null;

    [GeneratedRegex("^ExecStart=.* --cri[ =]\"?([^ \"\r\n]+)", RegexOptions.Multiline)] private static partial Regex Runtime();
}
