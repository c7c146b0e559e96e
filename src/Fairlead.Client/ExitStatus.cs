namespace Fairlead;

/// <summary>How a command ended: a value, also when it failed. A session that was lost has none and throws instead.</summary>
/// <param name="Code">The exit code, 0 to 255.</param>
/// <param name="Message">What the server said of it, for people and fit to show; null for success.</param>
public readonly record struct ExitStatus(int Code, string? Message = null)
{
    /// <summary>True for code 0.</summary>
    public bool Succeeded => Code == 0;
}
