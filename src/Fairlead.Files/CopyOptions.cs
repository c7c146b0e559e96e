using Fairlead.Client;
namespace Fairlead.Files;

/// <summary>How files are copied.</summary>
public sealed record CopyOptions
{
    /// <summary>How sessions are carried; its streams are set by the copy.</summary>
    public ExecOptions Exec { get; init; } = new();

    /// <summary>Told how far the copy is, at every piece; called on the copy's own thread.</summary>
    public IProgress<CopyProgress>? Progress { get; init; }

    /// <summary>Told what a person may want to know: a lost connection, a resumption, a source that changed. Lines that are fit to show.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Keep permissions and times of modification. On by default.</summary>
    public bool Preserve { get; init; } = true;

    /// <summary>Keep set-user-id, set-group-id and sticky bits. Off by default: a stranger's program must not run as somebody else.</summary>
    public bool SpecialModes { get; init; }

    /// <summary>Keep the numbers of owners and groups, which takes root on the receiving side. Off by default.</summary>
    public bool Owners { get; init; }

    /// <summary>How often in a row a lost connection is made anew although the last one has moved nothing. 5; less than 0 for no end.</summary>
    public int Retries { get; init; } = 5;
}
