namespace Fairlead.Cli.Usage;

/// <summary>What failed, with what its user may want to do: told on a line of its own.</summary>
/// <param name="cause">What failed; it decides about the exit code.</param>
/// <param name="hint">A whole sentence.</param>
sealed class HintedException(Exception cause, string hint) : Exception(cause.Message, cause)
{
    public string Hint => hint;
}
