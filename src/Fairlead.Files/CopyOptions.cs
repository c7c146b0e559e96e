using Fairlead.Wire;

namespace Fairlead;

/// <summary>How files are copied.</summary>
public sealed record CopyOptions
{
    /// <summary>How sessions are carried; its streams are set by the copy.</summary>
    public ExecOptions Exec { get; init; } = new();

    /// <summary>Told how far the copy is, at every piece; called on the copy's own thread.</summary>
    public IProgress<CopyProgress>? Progress { get; init; }

    /// <summary>
    /// Told what a person may want to know: a lost connection, a resumption, a source that changed. Lines that are fit to show.
    /// </summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Keep permissions and times of modification. On by default.</summary>
    public bool Preserve { get; init; } = true;

    /// <summary>
    /// Keep set-user-id, set-group-id and sticky bits. Off by default: a stranger's program must not run as somebody else.
    /// </summary>
    public bool SpecialModes { get; init; }

    /// <summary>Keep the numbers of owners and groups, which takes root on the receiving side. Off by default.</summary>
    public bool Owners { get; init; }

    /// <summary>
    /// How often in a row a lost connection is made anew although the last one has moved nothing. 5; less than 0 for no end.
    /// </summary>
    public int Retries { get; init; } = 5;

    /// <summary>
    /// A file that changes while it is copied, and be it that it grows, is copied again, and ends the copy where it keeps changing. Without
    /// it, what was there when a file was listed is what is copied and verified, and a file that keeps being replaced is refused by name.
    /// </summary>
    public bool Consistent { get; init; }

    /// <summary>What is compared before a file takes its place.</summary>
    public CopyVerification Verify { get; init; }

    /// <summary>
    /// How long what runs in a container may say nothing while it is waited for; longer where it was told to read much. 30 s. A shell that
    /// says nothing for so long counts as lost, and twice in a row as hanging.
    /// </summary>
    public TimeSpan AnswerTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(30);
}
