namespace Fairlead.Wire;

/// <summary>The channels of a remote command, numbered as the WebSocket forms number them.</summary>
/// <remarks>Source: KEP-4006 and the <c>*.channel.k8s.io</c> subprotocols.</remarks>
public enum RemoteChannel : byte
{
    /// <summary>Bytes for the command's standard input; the asking side writes.</summary>
    StandardInput = 0,

    /// <summary>Bytes of the command's standard output; the answering side writes.</summary>
    StandardOutput = 1,

    /// <summary>Bytes of the command's standard error; the answering side writes. Absent with a terminal.</summary>
    StandardError = 2,

    /// <summary>The final status; the answering side writes it once, after all output.</summary>
    Error = 3,

    /// <summary>A sequence of JSON terminal sizes; the asking side writes.</summary>
    Resize = 4,

    /// <summary>Not a channel: in <c>v5.channel.k8s.io</c> the number that announces the end of another channel.</summary>
    Close = 255,
}
