using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Fairlead.Containerd.Logs;

/// <summary>
/// One line of a container's log file, in the CRI's form: <c>TIME STREAM TAG TEXT</c>, where the tag F ends a line of the container's.
/// </summary>
readonly ref struct CriLogLine
{
    /// <summary>Where the time ends.</summary>
    public required ReadOnlySpan<byte> Time { get; init; }

    /// <summary>False for a part of a line: its rest follows.</summary>
    public required bool IsWhole { get; init; }

    /// <summary>What the container printed, without a line feed.</summary>
    public required ReadOnlySpan<byte> Text { get; init; }

    /// <summary>When it was printed.</summary>
    public DateTimeOffset At =>
        DateTimeOffset.TryParse(Encoding.ASCII.GetString(Time), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out DateTimeOffset at) ? at : DateTimeOffset.MinValue;

    /// <summary>Reads one, without its line feed; false where it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out CriLogLine parsed)
    {
        parsed = default;
        int time = line.IndexOf((byte)' ');
        if (time < 0) return false;
        ReadOnlySpan<byte> rest = line[(time + 1)..];
        int stream = rest.IndexOf((byte)' ');
        if (stream < 0) return false;
        ReadOnlySpan<byte> tagged = rest[(stream + 1)..];
        int tag = tagged.IndexOf((byte)' ');
        ReadOnlySpan<byte> tags = tag < 0 ? tagged : tagged[..tag];
        if (tags.IsEmpty || !Utf8Parser.TryParse(line[..4], out int _, out _)) return false;
        parsed = new CriLogLine { Time = line[..time], IsWhole = tags[0] == (byte)'F', Text = tag < 0 ? default : tagged[(tag + 1)..] };
        return true;
    }
}
