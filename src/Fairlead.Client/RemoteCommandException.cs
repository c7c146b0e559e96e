using Fairlead.Wire;

namespace Fairlead;

/// <summary>The server could not run the command, or failed while it ran: the session ended with a failure that is no exit code.</summary>
public sealed class RemoteCommandException : FairleadException
{
    /// <summary>Creates it from the final status.</summary>
    public RemoteCommandException(Status status) : base(Describe(status)) => Status = status;

    static string Describe(Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        string said = status.Said.IsEmpty ? "The server reported a failure without a message." : status.Said.ToString();
        return status.Contradiction is { } why
            ? $"how the command ended is not known: the server's status makes no sense, {why} (\"{said}\")"
            : said;
    }

    /// <summary>The final status, as it came; <see cref="Status.Said"/> is fit to show.</summary>
    public Status Status { get; }
}
