namespace Fairlead.Wire.Tests.Spdy;

/// <summary>Frames of real peers and of other encoders, in hexadecimal.</summary>
static class SpdyVectors
{
    internal static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>Five SYN_STREAMs of one connection as Go's spdystream writes them.</summary>
    internal static string[] GoSynStreams { get; } =
    [
        "80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff",
        "800300010000001700000003000000000000c22e555c92929907000000ffff",
        "800300010000001900000005000000000000c22ac5565c92925f5a02000000ffff",
        "800300010000001500000007000000000000c229975a5404000000ffff",
        "800300010000001800000009000000000000c22e57945a9c59950a000000ffff",
    ];

    /// <summary>The same from zlib at level 9.</summary>
    internal static string[] ZlibSynStreams { get; } =
    [
        "80030001000000280000000100000000000078f9e3c6a7c202a62346703a2b294a4dcc851625aca9a08006000000ffff",
        "800300010000001700000003000000000000c22e555c02cc2e00000000ffff",
        "800300010000001900000005000000000000c22a054ce729f9a52500000000ffff",
        "800300010000001400000007000000000000c229073414000000ffff",
        "800300010000001700000009000000000000c22e072c9a806901000000ffff",
    ];

    internal static string[] StreamTypes { get; } = ["error", "stdin", "stdout", "stderr", "resize"];

    internal static string[] ZlibSynReplies { get; } =
        ["80030002000000140000000178f9e3c6a7c202a6230600000000ffff", "800300020000000c00000003020100000000ffff"];

    internal static string[] GoSynReplies { get; } =
        ["80030002000000140000000178f9e3c6a7c26260606000000000ffff", "800300020000000c00000003026100000000ffff"];

    internal static string[] StoredSynStreams { get; } =
    [
        "80030001000000350000000100000000000078bbe3c6a7c2001b00e4ff000000010000000a73747265616d74797065000000056572726f72000000ffff",
        "800300010000002f00000003000000000000001b00e4ff000000010000000a73747265616d7479706500000005737464696e000000ffff",
    ];

    internal static string[] StoredSynReplies { get; } =
    [
        "80030002000000180000000178bbe3c6a7c2000400fbff00000000000000ffff",
        "800300020000001200000003000400fbff00000000000000ffff",
    ];

    /// <summary>Port forwarding's two streams.</summary>
    internal static string[] PortForwardSynStreams { get; } =
    [
        "800300010000003d000000010000000000 00 78f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45e01c6061606100a4398b20d198094ade8c0600000000ffff",
        "8003000100000018000000030000000000 00 c2aa19540e2512d60b000000ffff",
    ];

    /// <summary>What a server of Kubernetes sends from the first byte of output to the end: exec, no tty, v4, "hello", exit code 0.</summary>
    internal static string[] CapturedEnd { get; } =
    [
        "0000000500000005 68656c6c6f",
        "0000000501000000",
        "0000000701000000",
        "0000000100000014 7b22737461747573223a2253756363657373227d",
        "8003000300000008 00000003 00000005",
        "8003000300000008 00000001 00000005",
        "8003000700000008 00000007 00000000",
    ];

    /// <summary>What a forwarder answers: replies, echoed data, FIN on both streams.</summary>
    internal static string[] CapturedForward { get; } =
    [
        GoSynReplies[0], GoSynReplies[1], "00000003 00000007 6563686f3a6869", "00000003 01000000", "00000001 01000000",
    ];

    /// <summary>Frames that have one encoding only.</summary>
    internal static string[] Plain { get; } =
    [
        "00000003 00000003 68690a",
        "00000003 01000000",
        "00000005 01000004 6279650a",
        "80030003 00000008 00000003 00000005",
        "80030003 00000008 00000004 00000001",
        "80030006 00000004 00000001",
        "80030006 00000004 00000002",
        "80030007 00000008 00000009 00000000",
        "80030007 00000008 00000000 00000000",
        "80030009 00000008 00000001 00010000",
        "80030004 0000000c 00000001 00000007 00010000",
    ];

    internal static string[] All { get; } =
    [
        .. GoSynStreams, .. ZlibSynStreams, .. ZlibSynReplies, .. GoSynReplies, .. StoredSynStreams, .. StoredSynReplies,
        .. PortForwardSynStreams, .. CapturedEnd, .. CapturedForward, .. Plain,
    ];
}
