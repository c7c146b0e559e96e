using Fairlead.Server.Commands;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Lab;

/// <summary>The limits and habits of a <see cref="ProcessRuntime"/>.</summary>
public sealed record ProcessRuntimeOptions : CommandOptions
{
    /// <summary>
    /// Bytes of log kept for each container's run, and how far a follower may fall behind before the process waits. 4 MiB by default.
    /// </summary>
    public int LogSize { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// How long a main process waits for a follower that takes nothing at all, before that follower is cut off. 5 s by default.
    /// </summary>
    public TimeSpan FollowerPatience { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The wait before a main process is started again; doubles each time up to <see cref="LongestBackoff"/>. 1 s by default.
    /// </summary>
    public TimeSpan FirstBackoff { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait before a main process is started again. 30 s by default.</summary>
    public TimeSpan LongestBackoff { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(30);

    /// <summary>Where it is told what could not be started, and how main processes end; nowhere by default.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
