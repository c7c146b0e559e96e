namespace Fairlead.Lab.Pods;

/// <summary>What a pod's status says of one container.</summary>
sealed record ContainerState
{
    internal ContainerPhase Phase { get; init; }

    /// <summary>The main process, while it runs; the last one otherwise.</summary>
    internal int ProcessId { get; init; }

    internal DateTimeOffset StartedAt { get; init; }

    internal int RestartCount { get; init; }

    /// <summary>How the last run ended; null before.</summary>
    internal ContainerEnd? LastEnd { get; init; }
}

/// <summary>Where a container is in its life.</summary>
enum ContainerPhase
{
    /// <summary>Not started yet, or about to be started again.</summary>
    Waiting = 0,
    Running,
    Terminated,
}

/// <summary>How one run of a main process ended.</summary>
/// <param name="ProcessId">Its number; 0 when it could not be started.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="ExitCode">Its exit code, 128+n for a signal.</param>
/// <param name="Error">Why it could not be started; null when it ran.</param>
sealed record ContainerEnd(int ProcessId, DateTimeOffset StartedAt, DateTimeOffset FinishedAt, int ExitCode, string? Error);
