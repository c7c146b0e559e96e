using Fairlead.Wire;

namespace Fairlead.Server.Answers;

/// <summary>A request is refused with this answer. Thrown before anything of an answer was written, and caught in one place.</summary>
sealed class ApiRefusal(Status status) : Exception(status.Said.ToString())
{
    public Status Status { get; } = status;
}
