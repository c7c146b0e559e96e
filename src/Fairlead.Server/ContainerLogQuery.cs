namespace Fairlead.Server;

/// <summary>What part of a log is wanted, as the pod log endpoint asks it.</summary>
public sealed record ContainerLogQuery
{
    /// <summary>Stay and write what is added.</summary>
    public bool Follow { get; init; }

    /// <summary>Only the last lines; null for all that is kept.</summary>
    public long? TailLines { get; init; }

    /// <summary>Only what was written since; null for all that is kept.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Each line begins with its RFC 3339 time.</summary>
    public bool Timestamps { get; init; }

    /// <summary>Stop after so many bytes; null for no limit.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>The log of the container's previous run.</summary>
    public bool Previous { get; init; }
}
