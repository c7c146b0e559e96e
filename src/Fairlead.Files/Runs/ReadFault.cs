namespace Fairlead.Files.Runs;

/// <summary>Why a file could not be read to the end that it had when it was listed.</summary>
/// <param name="Reason">For people, on one line.</param>
/// <param name="IsChange">It is another one by now, or shorter: it may be read again, as it is now.</param>
sealed record ReadFault(string Reason, bool IsChange = false)
{
    internal static ReadFault Shorter { get; } = new("it is shorter than it was said to be", IsChange: true);

    /// <summary>All of it was read, and it goes on behind that.</summary>
    internal static ReadFault Longer { get; } = new("it grew", IsChange: true);

    internal static ReadFault Gone { get; } = new("it is gone since it was listed");

    /// <summary>Why a file of <c>/proc</c> and the like is not copied.</summary>
    internal const string Unsized =
        "it says that it is empty and holds something, as files of /proc do: nothing tells where it ends; exec and cat read it";

    /// <summary>The same for a file of <c>/sys</c>, which says that it is as long as a page.</summary>
    internal const string Missized =
        "it has another length than it says, as files of /sys have: nothing tells where it ends; exec and cat read it";

    /// <summary>The system's own words for a failure, told so that a person knows what has happened.</summary>
    internal static ReadFault Of(string path, string reason) =>
        reason.StartsWith("No such file", StringComparison.OrdinalIgnoreCase) ? Gone : new($"{path}: {reason}");
}
