using System.Net;
using System.Text;

namespace Fairlead.Node.Installation.Fronts;

/// <summary>
/// The units that systemd runs a front by: a socket, which holds the port whatever becomes of the process, and a service.
/// </summary>
static class FrontUnits
{
    public const string Socket = "fairlead-node.socket", Service = "fairlead-node.service";

    /// <summary>Where a kubelet listens that has a front.</summary>
    public const string KubeletAddress = "127.0.0.1";

    public static string SocketText(IReadOnlyList<IPAddress> addresses, int port)
    {
        StringBuilder text = new("""
            # Written by "fairlead node install"; "fairlead node uninstall" removes it.
            [Unit]
            Description=Fairlead: this node's port, in front of the kubelet
            Documentation=https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/

            [Socket]

            """);
        // Each address by its name: the kubelet keeps the same port on loopback, so that 0.0.0.0 cannot be had.
        foreach (IPAddress address in addresses) text.Append("ListenStream=").Append(new IPEndPoint(address, port)).Append('\n');
        return text.Append("""
            FreeBind=true
            NoDelay=true
            Backlog=4096
            FileDescriptorName=fairlead-node

            [Install]
            WantedBy=sockets.target

            """).ToString();
    }

    public static string ServiceText(string program, IEnumerable<string> arguments) => $"""
        # Written by "fairlead node install"; "fairlead node uninstall" removes it.
        [Unit]
        Description=Fairlead: this node's door, in front of the kubelet
        Requires={Socket}
        After={Socket} containerd.service network-online.target
        Wants=network-online.target

        [Service]
        Type=notify
        NotifyAccess=all
        ExecStart={UnitWords.Join([program, .. arguments])}
        ExecReload=/bin/kill -HUP $MAINPID
        KillMode=control-group
        TimeoutStopSec=20
        FileDescriptorStoreMax=2400
        Environment=FDSTORE=2400
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
}
