using Fairlead.Wire;

namespace Fairlead.Server.Answers;

/// <summary>A request is refused with this answer. Thrown before anything of an answer was written, and caught in one place.</summary>
/// <param name="status">The answer.</param>
public sealed class ApiRefusal(Status status) : Exception(Said(status))
{
    /// <summary>The answer.</summary>
    public Status Status { get; } = status;

    static string Said(Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.Said.ToString();
    }
}
