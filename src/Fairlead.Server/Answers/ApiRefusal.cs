using Fairlead.Wire;

namespace Fairlead.Server.Answers;

/// <summary>A request is refused with this answer. Thrown before anything of an answer was written, and caught in one place.</summary>
/// <param name="status">The answer.</param>
#pragma warning disable CA1710 // what is thrown is an answer, and is called one
public sealed class ApiRefusal(Status status) : Exception(Said(status))
#pragma warning restore CA1710
{
    /// <summary>The answer.</summary>
    public Status Status { get; } = status;

    static string Said(Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.Said.ToString();
    }
}
