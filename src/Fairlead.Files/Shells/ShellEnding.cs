namespace Fairlead.Files.Shells;

/// <summary>How a line ended.</summary>
/// <param name="Status">Its exit status.</param>
/// <param name="Said">What the tool said to that, on one line; as it came.</param>
readonly record struct ShellEnding(int Status, string Said)
{
    internal bool IsSuccess => Status == 0;

    /// <summary>Why, in the system's own words: what a tool says behind its own name and the file's.</summary>
    internal string Reason => Said.LastIndexOf(": ", StringComparison.Ordinal) is >= 0 and var at ? Said[(at + 2)..] : Said.Length > 0
        ? Said
        : $"it ended with code {Status}";
}
