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
    /// How many attempts in a row may move nothing before the copy gives up. An attempt that moved something starts the count again. 5 by
    /// default; a number below 0 means no limit.
    /// </summary>
    public int Retries { get; init; } = 5;

    /// <summary>
    /// True: a file that changes while it is copied, even one that only grows, is copied again; if it keeps changing, the copy fails.
    /// False: of a file that grows, the part that was there when it was listed is copied and verified, and a file that keeps being replaced
    /// is refused by name.
    /// </summary>
    public bool Consistent { get; init; }

    /// <summary>What is compared before a file takes its place.</summary>
    public CopyVerification Verify { get; init; }

    /// <summary>
    /// How long the shell in the container may print nothing while an answer is awaited. The limit is longer where the shell was told to
    /// read much. 30 s by default. A shell that is silent for that long counts as lost; two such shells in a row count as a hanging
    /// container, and the copy fails.
    /// </summary>
    public TimeSpan AnswerTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(30);
}
